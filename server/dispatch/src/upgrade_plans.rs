//! The tool `maintenance_plans`: the stored plans of upgrades with the calls to make. It makes none of them.

use catalogue::{Answer, BadArguments, Concise, Failure, Format, ViewOptions};
use identity::Caller;
use maintenance::{MaintenancePlan, PlanStep, Unplanned, WindowOrigin};
use observer::FindingEntity;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Dispatcher, Refusal, Reply,
    findings::{fits_model, may_see_model, render_lines, run},
};

/// Lists plans.
pub const PLANS_TOOL: &str = "maintenance_plans";

/// Which plans to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlansQuery {
    /// `[controller:][owner/]name`; default: all models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Detail of the text; default: lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// `next_cursor` of the previous page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Lists the plans of the models that the caller may know, the earliest window first.
///
/// # Errors
/// [`Refusal`]: a role that may not read, a ledger that cannot be written, no observer.
pub async fn maintenance_plans(
    dispatcher: &Dispatcher,
    caller: &Caller,
    wanted: &PlansQuery,
) -> Result<Reply, Refusal> {
    let policy = dispatcher.policy.current();
    let is_wanted = |controller: &str, model: &str| {
        let (controller, model) = (controller.into(), model.into());
        let entity = FindingEntity { controller, model, kind: "model".into(), name: Box::default() };
        let is_named = wanted.model.as_deref().is_none_or(|name| fits_model(name, &entity));
        is_named && may_see_model(&policy, caller, &entity)
    };
    run(dispatcher, caller, PLANS_TOOL, json!(wanted), wanted.model.as_deref(), |_, _| {
        let off = || Failure::refused("there are no plans", "set `observer.enabled: true` in the configuration");
        let planner = dispatcher.planner.as_deref().ok_or_else(off)?;
        let mut plans = planner.plans();
        plans.retain(|plan| is_wanted(&plan.controller, &plan.model));
        let mut unplanned = planner.unplanned();
        unplanned.retain(|one| is_wanted(&one.controller, &one.model));
        let value = json!({"plans": plans, "unplanned": unplanned});
        if wanted.format == Some(Format::Json) {
            return render_whole(value, wanted);
        }
        let mut lines: Vec<String> = plans.iter().flat_map(plan_lines).collect();
        lines.extend(unplanned.iter().map(unplanned_line));
        if lines.is_empty() {
            lines.push("No upgrade is pending in the models that you may know.".to_owned());
        }
        render_lines(PLANS_TOOL, &format!("{:?}", wanted.model), wanted.cursor.as_ref(), value, lines)
    })
    .await
}

/// The plans as data.
fn render_whole(mut value: Value, wanted: &PlansQuery) -> Result<Answer, Refusal> {
    content::clean_value(&mut value);
    let view = ViewOptions { format: Format::Json, cursor: wanted.cursor.clone(), ..ViewOptions::default() };
    let identity = format!("{PLANS_TOOL} {:?}", wanted.model);
    let concise = Concise::with_head(Vec::new());
    Ok(catalogue::render_rows(&view, &identity, "plans", value, &concise).map_err(|bad: BadArguments| bad)?)
}

fn plan_lines(plan: &MaintenancePlan) -> Vec<String> {
    let origin = match plan.origin {
        WindowOrigin::Configured => "configured",
        WindowOrigin::Computed => "the quietest time of the week",
    };
    let (start, end) = (plan.window.start.format("%a %Y-%m-%d %H:%M"), plan.window.end.format("%H:%MZ"));
    let mut lines = vec![format!(
        "{} for {}:{}, window {start}-{end} ({origin}), about {} min",
        plan.id, plan.controller, plan.model, plan.minutes
    )];
    let step = |(number, step): (usize, &PlanStep)| {
        let arguments = Value::Object(step.arguments.clone());
        format!("  {}. {} {arguments} - {} About {} min.", number + 1, step.tool, step.purpose, step.minutes)
    };
    lines.extend(plan.steps.iter().enumerate().map(step));
    if !plan.rollback.is_empty() {
        lines.push("  to go back:".to_owned());
        lines.extend(plan.rollback.iter().enumerate().map(step));
    }
    if !plan.postponed.is_empty() {
        lines.push(format!("  does not fit into the window: {}", plan.postponed.join(", ")));
    }
    lines.push(String::new());
    lines
}

fn unplanned_line(one: &Unplanned) -> String {
    format!("{}:{} has upgrades and no plan: {}", one.controller, one.model, one.reason)
}
