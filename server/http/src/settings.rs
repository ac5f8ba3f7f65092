//! Settings of the HTTP server.

use std::{sync::Arc, time::Duration};

use limits::Rate;

use crate::{LoginTokenKeySet, ResourceMetadata, Tls};

/// Limits and allow-lists of the HTTP server. The defaults suit a server on loopback.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Names accepted in `Host`, as `name` (any port) or `name:port`. An empty list refuses everything.
    pub allowed_hosts: Vec<String>,
    /// Browser origins accepted in `Origin`, as `scheme://host:port` or `scheme://host:*`. A request without `Origin`
    /// passes, and so does the server's own origin; any other is refused, also when the list is empty.
    pub allowed_origins: Vec<String>,
    /// Whether pages of this machine, on any port, may call the server by a loopback name: for a server that listens on
    /// loopback only, so that tools such as the MCP Inspector work.
    pub local_pages: bool,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Request rate of each caller.
    pub rate: Rate,
    /// Kilobytes of the request bodies of each caller, each begun one counted whole.
    pub request_kilobytes: Rate,
    /// Requests of each caller in progress at the same time; 0: no limit.
    pub max_concurrent: usize,
    /// Bytes of requests and responses of all callers in memory; further requests are refused. 0: no limit.
    pub max_bytes_in_flight: usize,
    /// Time in which a client must send its headers, and again its body.
    pub read_timeout: Duration,
    /// Time until the response to a request must begin. A stream that has begun is not cut.
    pub response_timeout: Duration,
    /// Time in which a client must accept some data of a response that it has requested.
    pub write_timeout: Duration,
    /// Most open connections; further ones wait to be accepted.
    pub max_connections: usize,
    /// Most open connections of one address, or of one /64 network; further ones are closed. 0: no limit.
    pub max_connections_per_peer: usize,
    /// Time for open requests to end after a shutdown request.
    pub drain_timeout: Duration,
    /// Time for which the [`SecurityLog`](crate::SecurityLog) counts authentication failures of one reason from one peer
    /// before it writes one ledger record for all of them.
    pub auth_failure_window: Duration,
    /// URL of the server for browsers, if it is known; pages of its host with another scheme are of another origin.
    pub public_url: Option<String>,
    /// OAuth metadata for clients; absent without an identity provider.
    pub metadata: Option<Arc<ResourceMetadata>>,
    /// Whether spans of requests are exported.
    pub traces: bool,
    /// Public keys of login tokens, for controllers that callers log in to as themselves.
    pub login_token_keys: Option<LoginTokenKeySet>,
    /// TLS of the listener; absent behind a proxy that ends TLS.
    pub tls: Option<Tls>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            allowed_hosts: ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
            allowed_origins: Vec::new(),
            local_pages: false,
            max_body_bytes: 4 * 1024 * 1024,
            rate: Rate::NONE,
            request_kilobytes: Rate::NONE,
            max_concurrent: 0,
            max_bytes_in_flight: 256 * 1024 * 1024,
            read_timeout: Duration::from_secs(30),
            response_timeout: Duration::from_mins(15),
            write_timeout: Duration::from_secs(30),
            max_connections: 4096,
            max_connections_per_peer: 256,
            drain_timeout: Duration::from_secs(10),
            auth_failure_window: Duration::from_mins(5),
            public_url: None,
            metadata: None,
            traces: false,
            login_token_keys: None,
            tls: None,
        }
    }
}
