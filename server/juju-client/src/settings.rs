//! Timeouts and size limits of connections.

use std::time::Duration;

use crate::LoginTokens;

/// Timeouts and size limits; the defaults suit interactive use.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Timeout of one call; default: 1 min.
    pub call_timeout: Duration,
    /// Timeout of the connection to one address, and of each request of the log-in; default: 10 s.
    pub connect_timeout: Duration,
    /// Time without a frame from the controller until the client sends a ping; default: 30 s.
    pub ping_interval: Duration,
    /// The same while a call waits for its reply; default: 3 s.
    pub busy_ping_interval: Duration,
    /// Time to wait for any byte after a ping before the connection counts as broken; default: 5 s.
    pub ping_timeout: Duration,
    /// Maximum time for which a call waits while a known controller restarts; default: 10 s.
    pub reconnect_window: Duration,
    /// First delay between two attempts to connect, doubled after each failure; default: 100 ms.
    pub initial_backoff: Duration,
    /// Maximum delay between two attempts to connect; default: 5 s.
    pub max_backoff: Duration,
    /// Time without calls after which a connection closes; default: 15 min.
    pub idle_timeout: Duration,
    /// Maximum size of a message from a controller; default: 256 MiB.
    pub max_message_bytes: usize,
    /// Version of the Juju client that the log-in reports; default: `3.6.11`.
    pub client_version: String,
    /// Command line in the controller's audit log, followed there by the id of the connection; default: `juju-mcp`.
    pub command_line: String,
    /// Signer of login tokens, for controllers that callers log in to as themselves; default: none.
    pub login_tokens: Option<LoginTokens>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            call_timeout: Duration::from_mins(1),
            connect_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(30),
            busy_ping_interval: Duration::from_secs(3),
            ping_timeout: Duration::from_secs(5),
            reconnect_window: Duration::from_secs(10),
            initial_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            idle_timeout: Duration::from_mins(15),
            max_message_bytes: 256 << 20,
            client_version: "3.6.11".to_owned(),
            command_line: "juju-mcp".to_owned(),
            login_tokens: None,
        }
    }
}
