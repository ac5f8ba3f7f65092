//! Another policy is put in force while the server runs, and the ledger says what it changes about who may do what.

use audit::{Outcome, Request};
use identity::Caller;
use policy::{Act, Difference, Effect, Policy};

use crate::Door;

/// The tool by whose name changes of the policy stand in the ledger.
const POLICY: &str = "policy";

/// Puts a policy in force and says what is other than before. A ledger that is closed keeps nobody from it, because the change may
/// take rights away; the log has it then.
pub async fn put_in_force(door: &Door, policy: Policy) -> Difference {
    let difference = policy.since(&door.policy.now());
    if difference.is_empty() {
        door.policy.replace(policy);
        return difference;
    }
    let act = Act::new(POLICY, Effect::Write).with_arguments(serde_json::to_value(&difference).unwrap_or_default());
    let entry = door.ledger.begin(Request::new(&Caller::server(), &act)).await;
    door.policy.replace(policy);
    match entry {
        Ok(entry) => entry.close(Outcome::Done, "read anew from its files"),
        Err(error) => {
            tracing::error!(%error, changes = %act.arguments, "a change of the policy could not be written down");
        }
    }
    difference
}
