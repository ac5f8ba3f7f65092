//! Insufficient scope (RFC 6750 section 3.1) is found before a controller is called, so that the client can request more.

use audit::{NewEntry, Outcome, RecordedDecision, ToolCall, Verdict};
use identity::Caller;
use policy::{Act, Denial};

use crate::{Call, Dispatcher, Refusal};

/// A call with a token that lacks a scope. With the scope, the caller's roles would permit the call.
#[derive(Debug)]
pub struct InsufficientScope {
    /// Why nothing was done.
    pub refusal: Refusal,
    /// All scopes that the act needs, those included that the token has.
    pub scopes: Vec<String>,
}

/// Checks whether the scopes of the caller's token are too narrow for a call. If they are, the ledger records the denial, with the
/// names that the caller gave. Anything else that is wrong with the call is left to [`crate::execute`].
pub async fn insufficient_scope(dispatcher: &Dispatcher, caller: &Caller, call: &Call) -> Option<InsufficientScope> {
    let tool = dispatcher.catalogue.get(&call.tool)?;
    let plan = tool.plan(call.arguments.clone()).ok()?;
    let act = Act { effect: plan.least_effect(), ..plan.unresolved_act() };
    let policy = dispatcher.policy.current();
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
    let refusal = match dispatcher.ledger.open_entry(new).await {
        Ok(mut entry) => {
            entry.set_decision(RecordedDecision::new(Verdict::Deny, [""; 0]));
            entry.close(Outcome::Denied, &denial.to_string());
            denial
        }
        Err(error) => Refusal::LedgerUnavailable(error),
    };
    Some(InsufficientScope { refusal, scopes })
}
