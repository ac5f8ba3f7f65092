//! Facades of the API, a file each: methods as types, and what they take and answer.

pub mod admin;
pub mod pinger;

/// Versions that this client speaks, the highest first; at login the highest that the server has too is chosen
/// (`api/facadeversions.go`).
pub const VERSIONS: &[(&str, &[u32])] = &[
    ("Admin", &[3]),
    ("AllWatcher", &[3]),
    ("Application", &[22]),
    ("Client", &[8]),
    ("ModelManager", &[10, 9]),
    ("Pinger", &[1]),
];
