//! Whose budget and whose idempotency keys they are.

use identity::Caller;

/// The caller as one text, with the identity provider: two users of two providers may have the same subject.
pub(crate) fn whose(caller: &Caller) -> String {
    match caller.claims() {
        Some(claims) => format!("{} {}", claims.issuer, caller.subject()),
        None => caller.subject().to_owned(),
    }
}
