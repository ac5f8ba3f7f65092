//! Time limits and sizes of the connections.

use std::time::Duration;

/// Time limits and sizes; the defaults suit a server that a person waits for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long one call may take, 1 min.
    pub call_timeout: Duration,
    /// How long dialling and logging in may take together, 15 s.
    pub connect_timeout: Duration,
    /// How long a silent connection stays unquestioned before it is pinged, 30 s.
    pub ping_interval: Duration,
    /// How long an answer to a ping may take before the connection counts as broken, 15 s.
    pub ping_timeout: Duration,
    /// How long a call goes on dialling a controller that answered before and does not now (a restart), 10 s.
    pub reconnect_window: Duration,
    /// First pause between two attempts to dial, 100 ms; it doubles with each failure.
    pub backoff_first: Duration,
    /// Longest pause between two attempts to dial, 5 s.
    pub backoff_longest: Duration,
    /// How long a connection stays open when nobody calls, 15 min.
    pub idle_timeout: Duration,
    /// Largest message that is taken from a controller, 256 MiB.
    pub largest_message: usize,
    /// The version of Juju's client that the controller is told, `3.6.11`.
    pub client_version: String,
    /// What stands in the controller's audit log as the command line, before the mark of the connection: `juju-mcp`.
    pub command_line: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            call_timeout: Duration::from_mins(1),
            connect_timeout: Duration::from_secs(15),
            ping_interval: Duration::from_secs(30),
            ping_timeout: Duration::from_secs(15),
            reconnect_window: Duration::from_secs(10),
            backoff_first: Duration::from_millis(100),
            backoff_longest: Duration::from_secs(5),
            idle_timeout: Duration::from_mins(15),
            largest_message: 256 << 20,
            client_version: "3.6.11".to_owned(),
            command_line: "juju-mcp".to_owned(),
        }
    }
}
