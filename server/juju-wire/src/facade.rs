//! Facades of the API, a file each: methods as types, and what they take and answer.

pub mod action;
pub mod admin;
pub mod all_model_watcher;
pub mod all_watcher;
pub mod annotations;
pub mod application;
pub mod application_offers;
pub mod backups;
pub mod block;
pub mod bundle;
pub mod charms;
pub mod client;
pub mod cloud;
pub mod controller;
pub mod credential_manager;
pub mod high_availability;
pub mod key_manager;
pub mod machine_manager;
pub mod model_config;
pub mod model_generation;
pub mod model_manager;
pub mod model_summary_watcher;
pub mod model_upgrader;
pub mod notify_watcher;
pub mod payloads;
pub mod pinger;
pub mod resources;
pub mod secret_backends;
pub mod secrets;
pub mod served;
pub mod spaces;
pub mod ssh_client;
pub mod storage;
pub mod strings_watcher;
pub mod subnets;
pub mod user_manager;

/// Versions that this client speaks; at login the highest that the server has too is chosen
/// (`api/facadeversions.go`).
pub const VERSIONS: &[(&str, &[u32])] = &[
    ("Action", &[7]),
    ("Admin", &[3]),
    ("AllModelWatcher", &[4]),
    ("AllWatcher", &[3]),
    ("Annotations", &[2]),
    ("Application", &[15, 16, 17, 18, 19, 20, 21, 22]),
    ("ApplicationOffers", &[4, 5]),
    ("Backups", &[3]),
    ("Block", &[2]),
    ("Bundle", &[6]),
    ("Charms", &[5, 6, 7]),
    ("Client", &[6, 7, 8]),
    ("Cloud", &[7]),
    ("Controller", &[11, 12]),
    ("CredentialManager", &[1]),
    ("HighAvailability", &[2]),
    ("KeyManager", &[1]),
    ("MachineManager", &[9, 10]),
    ("ModelConfig", &[3]),
    ("ModelGeneration", &[4]),
    ("ModelManager", &[9, 10]),
    ("ModelSummaryWatcher", &[1]),
    ("ModelUpgrader", &[1]),
    ("NotifyWatcher", &[1]),
    ("Payloads", &[1]),
    ("Pinger", &[1]),
    ("Resources", &[3]),
    ("SecretBackends", &[1]),
    ("Secrets", &[1, 2]),
    ("Spaces", &[6]),
    ("SSHClient", &[4, 5]),
    ("Storage", &[6, 7]),
    ("StringsWatcher", &[1]),
    ("Subnets", &[5]),
    ("UserManager", &[3]),
];

pub use served::{SERVER_CONTROLLER, SERVER_MODEL};
