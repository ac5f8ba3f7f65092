//! What all connections to one simulated controller share.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use juju_wire::facade::admin::HostPort;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use crate::{login_tokens::TrustedKeys, state::Estate};

/// What every connection needs.
pub(crate) struct Context {
    pub(crate) estate: Arc<Estate>,
    pub(crate) address: SocketAddr,
    /// PEM.
    pub(crate) ca_certificate: String,
    pub(crate) faults: ConnectionFaults,
    pub(crate) watchers: WatcherCount,
    pub(crate) login_token_keys: TrustedKeys,
}

/// How many watchers the connections hold.
#[derive(Default)]
pub(crate) struct WatcherCount {
    pub(crate) open: AtomicU64,
    pub(crate) started: AtomicU64,
}

/// Faults of connections: a delay of answers, and disconnection.
#[derive(Default)]
pub(crate) struct ConnectionFaults {
    delay_milliseconds: AtomicU64,
    open: Mutex<CancellationToken>,
}

impl ConnectionFaults {
    /// How long each answer is held back.
    pub(crate) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_milliseconds.load(Ordering::Relaxed))
    }

    /// Holds each answer back for so long from now on.
    pub(crate) fn set_delay(&self, delay: Duration) {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        self.delay_milliseconds.store(milliseconds, Ordering::Relaxed);
    }

    /// Ends all connections that are open now.
    pub(crate) fn drop_connections(&self) {
        let mut open = self.open.lock();
        open.cancel();
        *open = CancellationToken::new();
    }

    pub(crate) fn token(&self) -> CancellationToken {
        self.open.lock().clone()
    }
}

impl Context {
    /// The address of the API as a login reports it.
    pub(crate) fn host_port(&self) -> HostPort {
        HostPort {
            value: self.address.ip().to_string(),
            kind: "ipv4".to_owned(),
            scope: "local-machine".to_owned(),
            port: self.address.port(),
            ..HostPort::default()
        }
    }
}
