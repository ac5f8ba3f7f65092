//! What rules need beyond the act: the time, budgets, and facts that are looked up for them.

use std::collections::BTreeMap;

use catalogue::{ResolvedTarget, Tool};
use identity::Caller;
use policy::{Act, EvaluationContext, Fact, Policy};
use serde_json::Value;

use crate::{
    Dispatcher,
    budget_reservation::{BudgetReservation, Counting},
};

/// Looks up what the active rules need for an act, and reserves its share of the budgets. Without a resolved target, nothing is looked up.
pub(crate) async fn gather(
    dispatcher: &Dispatcher,
    policy: &Policy,
    caller: &Caller,
    act: &Act,
    toolset: &str,
    target: Option<&ResolvedTarget>,
    counting: Counting,
) -> (EvaluationContext, BudgetReservation) {
    let mut facts = BTreeMap::new();
    if policy.needs_facts(act).contains(&Fact::UnitsNow)
        && let Some(target) = target
        && let Some(units) = unit_count(act, target).await
    {
        facts.insert(Fact::UnitsNow, units);
    }
    let now = dispatcher.clock.now();
    let budget = dispatcher.policy.budget();
    let reservation = BudgetReservation::reserve(budget, caller, act, policy.prices(), now, counting);
    let context =
        EvaluationContext { now, toolset: toolset.to_owned(), facts, reservation: reservation.reserved().cloned() };
    (context, reservation)
}

/// A context without facts, for a caller that must not see the tool: roles deny the act.
pub(crate) fn empty(dispatcher: &Dispatcher, tool: &dyn Tool) -> (EvaluationContext, BudgetReservation) {
    let context =
        EvaluationContext { toolset: tool.toolset().to_owned(), ..EvaluationContext::new(dispatcher.clock.now()) };
    (context, BudgetReservation::none())
}

/// The number of units of the act's application; `None` where the controller does not report it.
async fn unit_count(act: &Act, target: &ResolvedTarget) -> Option<u64> {
    let name = act.arguments["application"].as_str()?;
    let state = target.target_state(&act.target.entities).await.ok()?;
    let application = &state["applications"][name];
    let units = application["units"].as_object().map_or(0, serde_json::Map::len) as u64;
    // an application that does not exist has no units, and the controller will report that
    let scale = if target.is_kubernetes() { application["scale"].as_u64() } else { None };
    Some(units.max(scale.unwrap_or_default())).filter(|_| *application != Value::Null)
}
