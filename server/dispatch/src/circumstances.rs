//! What rules want to know beyond the act: the clock, budgets, and facts that are looked up for them.

use std::collections::BTreeMap;

use catalogue::{Site, Tool};
use identity::Caller;
use policy::{Act, EvaluationContext, Fact, Policy};
use serde_json::Value;

use crate::{Door, spending::Spending};

/// Looks up what the rules in force want to know of an act, and reserves what it takes of the budgets.
pub(crate) async fn look(
    door: &Door,
    policy: &Policy,
    caller: &Caller,
    act: &Act,
    (tool, site): (&dyn Tool, &Site),
) -> (EvaluationContext, Spending) {
    suppose(door, policy, caller, act, (tool.toolset(), Some(site))).await
}

/// The same for an act that is only supposed, in a place that may not have been looked for.
pub(crate) async fn suppose(
    door: &Door,
    policy: &Policy,
    caller: &Caller,
    act: &Act,
    (toolset, site): (&str, Option<&Site>),
) -> (EvaluationContext, Spending) {
    let mut facts = BTreeMap::new();
    if policy.needs_facts(act).contains(&Fact::UnitsNow)
        && let Some(site) = site
        && let Some(units) = units_now(act, site).await
    {
        facts.insert(Fact::UnitsNow, units);
    }
    let now = chrono::Utc::now();
    let spending = Spending::reserve(door.policy.budget(), caller, act, now);
    let circumstances =
        EvaluationContext { now, toolset: toolset.to_owned(), facts, reservation: spending.reserved().cloned() };
    (circumstances, spending)
}

/// Nothing is looked up for whom the tool is hidden from: the act is denied by their roles.
pub(crate) fn unknown(tool: &dyn Tool) -> (EvaluationContext, Spending) {
    let circumstances =
        EvaluationContext { toolset: tool.toolset().to_owned(), ..EvaluationContext::new(chrono::Utc::now()) };
    (circumstances, Spending::none())
}

/// How many units the act's application has; `None` where the controller does not tell.
async fn units_now(act: &Act, site: &Site) -> Option<u64> {
    let name = act.arguments["application"].as_str()?;
    let standing = site.standing(&act.target.entities).await.ok()?;
    let application = &standing["applications"][name];
    let units = application["units"].as_object().map_or(0, serde_json::Map::len) as u64;
    // an application that is not there has no units, and the controller will say so
    let scale = if site.is_kubernetes() { application["scale"].as_u64() } else { None };
    Some(units.max(scale.unwrap_or_default())).filter(|_| *application != Value::Null)
}
