//! Counts security events in the metrics and records them in the ledger.

use std::{net::IpAddr, sync::Arc, time::Duration};

use dispatch::{AuthFailureRecorder, Dispatcher, RateLimitEvent, SecurityEvents};
use identity::Caller;

use crate::metrics::Metrics;

/// The security events of a server: all of them in the metrics, a bounded number in the ledger.
pub struct SecurityLog {
    metrics: Arc<Metrics>,
    ledger: Arc<Dispatcher>,
    auth_failures: AuthFailureRecorder,
}

impl SecurityLog {
    /// Records failures of one reason from one peer within `window` as one more ledger record.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, ledger: Arc<Dispatcher>, window: Duration) -> Self {
        let auth_failures = AuthFailureRecorder::new(Arc::clone(&ledger), window);
        Self { metrics, ledger, auth_failures }
    }

    /// Writes all counted failures and returns when the ledger has them. A server calls it before it closes the ledger.
    pub async fn close(&self) {
        self.auth_failures.close().await;
    }
}

impl SecurityEvents for SecurityLog {
    fn auth_failed(&self, peer: Option<IpAddr>, reason: &'static str, detail: String) {
        self.metrics.authentication_failure(reason);
        self.auth_failures.record(peer, reason, detail);
    }

    fn rate_limited(&self, caller: &Caller, limit: &'static str, record_count: Option<u64>) {
        self.metrics.rate_limited("caller", limit);
        let Some(count) = record_count else { return };
        tracing::warn!(caller = caller.subject(), limit, count, "a caller exceeds its limit");
        let (ledger, caller) = (Arc::clone(&self.ledger), caller.clone());
        tokio::spawn(async move {
            dispatch::record_rate_limited(&ledger, &caller, RateLimitEvent { limit, tool: None, count }).await;
        });
    }
}
