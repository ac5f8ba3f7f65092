//! Security events that HTTP and the approval page report.

use std::net::IpAddr;

use identity::Caller;

/// Receives security events; one implementation counts and records them for all reporters.
pub trait SecurityEvents: Send + Sync + 'static {
    /// A token or a sign-in from `peer` was rejected. `reason` is a word from a fixed list, `detail` a sentence that never
    /// contains the token.
    fn auth_failed(&self, peer: Option<IpAddr>, reason: &'static str, detail: String);

    /// A request of `caller` exceeded a limit, `rate` or `concurrency`. `record_count` is the number of refusals that the
    /// ledger must record now, if any.
    fn rate_limited(&self, caller: &Caller, limit: &'static str, record_count: Option<u64>);
}

/// Ignores all events.
impl SecurityEvents for () {
    fn auth_failed(&self, _: Option<IpAddr>, _: &'static str, _: String) {}

    fn rate_limited(&self, _: &Caller, _: &'static str, _: Option<u64>) {}
}
