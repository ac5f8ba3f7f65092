//! One ledger record of rejected tokens or sign-ins. [`crate::AuthFailureRecorder`] limits how often there is one.

use std::net::IpAddr;

use audit::{AuditEvent, NewEntry, Outcome};
use identity::Caller;

use crate::Dispatcher;

/// A rejected token, or several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuthFailure<'a> {
    /// Where it came from.
    pub(crate) peer: Option<IpAddr>,
    /// The reason, one word: `expired`.
    pub(crate) reason_code: &'static str,
    /// The reason in a sentence.
    pub(crate) reason: &'a str,
    /// Number of further ones with the same reason and peer that have no record of their own; 0 for a single one.
    pub(crate) suppressed: u64,
}

/// Records that a token was rejected; never the token. If the ledger is unavailable, the log has it: nothing was done anyway.
pub(crate) async fn record_auth_failure(dispatcher: &Dispatcher, failure: AuthFailure<'_>) {
    let event = AuditEvent::AuthenticationFailed {
        reason: failure.reason_code.to_owned(),
        suppressed_count: failure.suppressed,
    };
    let reason = match failure.suppressed {
        0 => failure.reason.to_owned(),
        count => format!("{}; {count} such from there have no record of their own", failure.reason),
    };
    let caller = Caller::anonymous(failure.peer);
    if let Err(error) = dispatcher.ledger.record(NewEntry::new(&caller, event), Outcome::Denied, &reason).await {
        tracing::error!(%error, "cannot record a failed authentication");
    }
}
