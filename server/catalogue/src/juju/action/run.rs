//! `juju run`: runs an action on units and waits for the results.

use std::sync::Arc;

use juju_wire::facade::action::{
    EnqueueOperation,
    actions::{Action, ActionsToRun},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Blocks, Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope, entity, juju::action::finish, target,
};

/// The tool `juju_run`.
pub struct Run;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// `web/0`, `web/leader`
    units: Vec<String>,
    action: String,
    #[serde(default)]
    params: std::collections::BTreeMap<String, Value>,
    #[serde(default)]
    background: bool,
    /// seconds
    #[schemars(extend("default" = 60))]
    wait: Option<u64>,
}

/// By unit: `{"id", "results", "status", "timing", "unit"}`, or in the background `{"operation", "tasks"}`.
type Output = Map<String, Value>;

impl Command for Run {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "run";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Runs an action of a charm on units.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["units", "action", "params"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.units.is_empty() {
            return Err("`units` has to name at least one unit".to_owned());
        }
        // Juju runs its own actions, `juju-exec` and `juju-run`, as shell commands and takes them in place of the charm's
        if args.action.trim().to_lowercase().starts_with("juju-") {
            return Err(format!(
                "`{}` runs a shell command, which is no action of a charm; use juju_exec",
                args.action
            ));
        }
        entity::check_units_or_leaders(&args.units)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::units(&args.units).collect()
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        let (units, action, params) = (args.units.clone(), args.action.clone(), args.params.clone());
        vec![Precondition::Action { units, action, params }]
    }

    fn cost(args: &Args, _: &Facts) -> Cost {
        Cost::of_running_on(args.units.clone())
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let one = |unit: &String| Action {
            // the server itself finds out who leads
            receiver: if unit.ends_with("/leader") { unit.clone() } else { entity::unit(unit) },
            name: args.action.clone(),
            parameters: args.params.clone(),
            ..Action::default()
        };
        let connection = target.model_connection().await?;
        let asked = ActionsToRun { actions: args.units.iter().map(one).collect() };
        let begun = connection.call::<EnqueueOperation>(asked).await?;
        finish::finish(&target, &connection, begun, &args.units, args.background, args.wait).await
    }
}
