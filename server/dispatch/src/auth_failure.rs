//! One record of tokens or sign-ins that were refused. How often there is one is the business of the doorkeeper.

use std::net::IpAddr;

use audit::{AuditEvent, NewEntry, Outcome};
use identity::Caller;

use crate::Dispatcher;

/// A refused token, or several.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuthFailure<'a> {
    /// Where it came from.
    pub(crate) peer: Option<IpAddr>,
    /// One word for why, `expired`.
    pub(crate) kind: &'static str,
    /// The same in a sentence.
    pub(crate) reason: &'a str,
    /// How many of the kind came from there since the record before and have none of their own; 0 for a single one.
    pub(crate) left_out: u64,
}

/// Writes down that a token was refused; never the token. A ledger that is closed is told of in the log only, because nothing was
/// done anyway.
pub(crate) async fn record_auth_failure(dispatcher: &Dispatcher, away: AuthFailure<'_>) {
    let event = AuditEvent::AuthenticationFailed { reason: away.kind.to_owned(), suppressed_count: away.left_out };
    let reason = match away.left_out {
        0 => away.reason.to_owned(),
        count => format!("{}; {count} such from there have no record of their own", away.reason),
    };
    let caller = Caller::anonymous(away.peer);
    if let Err(error) = dispatcher.ledger.record(NewEntry::new(&caller, event), Outcome::Denied, &reason).await {
        tracing::error!(%error, "cannot record a failed authentication");
    }
}
