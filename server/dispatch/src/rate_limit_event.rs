//! One ledger record for many calls refused by a rate limit, so that a flood cannot fill the disk.

use audit::{AuditEvent, NewEntry, Outcome};
use identity::Caller;

use crate::Dispatcher;

/// Refusals of one caller by one limit.
#[derive(Debug, Clone, Copy)]
pub struct RateLimitEvent<'a> {
    /// `rate` or `concurrency`.
    pub limit: &'a str,
    /// The tool that has the limit; `None` where it is the caller's as a whole.
    pub tool: Option<&'a str>,
    /// Refusals since the record before.
    pub count: u64,
}

/// Records that calls were refused before they were read. If the ledger is unavailable, the log has it: nothing was done anyway.
pub async fn record_rate_limited(dispatcher: &Dispatcher, caller: &Caller, limited: RateLimitEvent<'_>) {
    let scope = if limited.tool.is_some() { "tool" } else { "caller" };
    let event = AuditEvent::RateLimited {
        scope: scope.to_owned(),
        limit: limited.limit.to_owned(),
        tool: limited.tool.map(ToOwned::to_owned),
        refused_count: limited.count,
    };
    let new = NewEntry::new(caller, event).with_roles(dispatcher.policy.current().roles_of(caller));
    let calls = if limited.count == 1 { "call was" } else { "calls were" };
    let reason = format!("{} {calls} refused by the {scope} {} limit", limited.count, limited.limit);
    if let Err(error) = dispatcher.ledger.record(new, Outcome::Denied, &reason).await {
        tracing::error!(%error, "cannot record calls refused by a rate limit");
    }
}
