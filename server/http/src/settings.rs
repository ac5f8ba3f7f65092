//! What an operator can set about HTTP.

use std::{sync::Arc, time::Duration};

use limits::Rate;

use crate::Advertised;

/// Limits and allow-lists of the HTTP server. The defaults fit a server on loopback.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names accepted in `Host`, as `name` (any port) or `name:port`. Never empty: an empty list refuses everything.
    pub allowed_hosts: Vec<String>,
    /// Browser origins accepted in `Origin`, as `scheme://host:port` or `scheme://host:*`. A request without `Origin`
    /// passes, and so does the server's own origin; any other is refused, also when the list is empty.
    pub allowed_origins: Vec<String>,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// How often each caller may ask.
    pub rate: Rate,
    /// How many requests of each caller may be under way at once; 0 for no limit.
    pub at_once: usize,
    /// How long a client may take to send its headers, and again to send its body.
    pub read_limit: Duration,
    /// How long a request may take until its answer begins. A stream that has begun is not cut.
    pub answer_limit: Duration,
    /// Most connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// How long open requests may go on after shutdown was asked for.
    pub drain_limit: Duration,
    /// For how long refused tokens of one kind from one peer are counted before they are written down as one record, by
    /// the [`dispatch::Doorkeeper`].
    pub refusals_counted: Duration,
    /// What clients are told about how to sign in; absent without an identity provider.
    pub advertised: Option<Arc<Advertised>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allowed_hosts: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
            allowed_origins: Vec::new(),
            max_body_bytes: 4 * 1024 * 1024,
            rate: Rate::NONE,
            at_once: 0,
            read_limit: Duration::from_secs(30),
            answer_limit: Duration::from_mins(15),
            max_connections: 4096,
            drain_limit: Duration::from_secs(10),
            refusals_counted: Duration::from_mins(5),
            advertised: None,
        }
    }
}
