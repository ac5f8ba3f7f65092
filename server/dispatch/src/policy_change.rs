//! Applies a reloaded policy while the server runs, and records the difference.

use audit::{AuditEvent, NewEntry, Outcome};
use identity::Caller;
use policy::{Policy, PolicyDiff};

use crate::Dispatcher;

/// Applies a policy and returns what it changes. It applies even if the ledger is unavailable, because it may take rights away; the log
/// has it then.
pub async fn apply_policy(dispatcher: &Dispatcher, policy: Policy) -> PolicyDiff {
    let difference = policy.diff_from(&dispatcher.policy.current());
    if difference.is_empty() {
        dispatcher.policy.replace(policy);
        return difference;
    }
    let changes = serde_json::to_value(&difference).unwrap_or_default();
    let server = Caller::server();
    let new = NewEntry::new(&server, AuditEvent::PolicyReloaded { changes: changes.clone() });
    let recorded = dispatcher.ledger.record(new, Outcome::Done, "reloaded from its files").await;
    dispatcher.policy.replace(policy);
    if let Err(error) = recorded {
        tracing::error!(%error, %changes, "cannot record a reload of the policy");
    }
    difference
}
