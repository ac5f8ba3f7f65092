//! `juju resolved`: marks failed hooks of units as resolved.

use std::sync::Arc;

use juju_wire::{
    entity::{Entities, Entity},
    facade::application::{ResolveUnitErrors, unit::UnitsResolved},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope, entity,
    juju::removal::{Failed, split},
    target,
};

/// The tool `juju_resolved`.
pub struct Resolved;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    #[serde(default)]
    units: Vec<String>,
    #[serde(default)]
    all: bool,
    #[serde(default)]
    no_retry: bool,
}

/// What was requested. Whether the hook succeeds shows only later.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Units that were asked to run the failed hook again; with `all`, empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_to_retry: Option<Vec<String>>,
    /// Units that pass over the failed hook; with `all`, empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    passed_over: Option<Vec<String>>,
    /// What stays in error, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failed: Vec<Failed>,
    /// What to look at next.
    next: &'static str,
}

const NEXT: &str = "the hook may fail again: look at the units with juju_status, and at juju_show_status_log and juju_debug_log if they are in error";

impl Command for Resolved {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "resolved";
    const ALIASES: &'static [&'static str] = &["resolve"];
    const TOOLSET: &'static str = "debug";
    const DESCRIPTION: &'static str = "Runs the failed hook of units again, or passes over it.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["units"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.all != args.units.is_empty() {
            return Err("give either `units` or `all`".to_owned());
        }
        entity::check_units(&args.units)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::or_all_applications(target::units(&args.units))
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::UnitsInError(args.units.clone())]
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        let failed = facts
            .units()
            .filter(|(name, unit)| unit.workload_status.status == "error" && (args.all || args.units.contains(name)));
        Cost::of_running_on(failed.map(|(name, _)| name.clone()).collect())
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let entities = args.units.iter().map(|name| Entity { tag: entity::unit(name) }).collect();
        let params = UnitsResolved { tags: Entities { entities }, retry: !args.no_retry, all: args.all };
        let connection = target.model_connection().await?;
        let reply = connection.call::<ResolveUnitErrors>(params).await?;
        let (done, failed) = split(args.units, reply.results.into_iter().map(|result| result.error))?;
        let (asked_to_retry, passed_over) = if args.no_retry { (None, Some(done)) } else { (Some(done), None) };
        Ok(Output { asked_to_retry, passed_over, failed, next: NEXT })
    }
}
