//! A token too narrow for a call is found before anything is asked of a controller, so that its client can sign in for more.

use audit::{NewEntry, Outcome, RecordedDecision, ToolCall, Verdict};
use identity::Caller;
use policy::Denial;

use crate::{Call, Door, Refusal};

/// A call whose token lacks a scope, and with which it would be permitted as far as roles go.
#[derive(Debug)]
pub struct Narrow {
    /// Why nothing was done.
    pub refusal: Refusal,
    /// All scopes that the act needs, those included that the token has.
    pub scopes: Vec<String>,
}

/// Looks whether the caller's token is too narrow for a call. Then the denial stands in the ledger, by the names of places that
/// the caller gave. Anything else that is wrong with the call is left to [`crate::carry_out`].
pub async fn too_narrow(door: &Door, caller: &Caller, call: &Call) -> Option<Narrow> {
    let tool = door.catalogue.get(&call.tool)?;
    let plan = tool.plan(call.arguments.clone()).ok()?;
    let act = plan.act_nowhere();
    let policy = door.policy.current();
    let scopes = policy.step_up(caller, &act, tool.toolset())?;
    let scope = policy::required_scope(act.effect);
    let denial = Refusal::Denied(Denial::Scope { effect: act.effect, scope });
    let tool_call = ToolCall {
        dry_run: plan.options.dry_run,
        idempotency_key: plan.options.idempotency_key.clone(),
        ..ToolCall::new(&act)
    };
    let new =
        NewEntry::from_call(caller, tool_call).with_roles(policy.roles_of(caller)).with_trace_id(call.trace.as_deref());
    let refusal = match door.ledger.open_entry(new).await {
        Ok(mut entry) => {
            entry.set_decision(RecordedDecision::new(Verdict::Deny, [""; 0]));
            entry.close(Outcome::Denied, &denial.to_string());
            denial
        }
        Err(error) => Refusal::LedgerClosed(error),
    };
    Some(Narrow { refusal, scopes })
}
