//! `juju remove-unit`: removes units.

use std::sync::Arc;

use juju_wire::facade::application::{
    DestroyUnit,
    destroy::{DestroyUnitParams, DestroyUnitResult, DestroyUnitsParams},
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Blocks, Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope, Substrate, entity,
    juju::removal::{Removal, RemovalReport, removal},
    target,
};

/// The tool `juju_remove_unit`.
pub struct RemoveUnit;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    units: Vec<String>,
    #[serde(default)]
    destroy_storage: bool,
    #[serde(default)]
    force: bool,
    /// with `force`
    #[serde(default)]
    no_wait: bool,
}

impl Command for RemoveUnit {
    type Args = Args;
    type Output = Removal;

    const COMMAND: &'static str = "remove-unit";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Removes units; cannot be undone. On Kubernetes use juju_scale_application.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::Removal;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["units"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.no_wait && !args.force {
            return Err("`no_wait` needs `force`".to_owned());
        }
        entity::check_units(&args.units)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::units(&args.units).collect()
    }

    fn impact(args: &Args) -> Impact {
        let impact = Impact { units_removed: args.units.len() as u64, ..Impact::default() };
        impact.with_skipped_checks(&[
            ("destroy_storage", args.destroy_storage),
            ("force", args.force),
            ("no_wait", args.no_wait),
        ])
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        // the controller has its own words for a unit that does not exist: `Precondition::Principals`
        Vec::new()
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![
            Precondition::Substrate(Substrate::Machines, "use juju_scale_application"),
            Precondition::Principals(args.units.clone()),
        ]
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_removed_units(&args.units, facts)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        Ok(Some(json!(remove(args, true, target).await?)))
    }

    async fn already_done(args: &Args, target: &ResolvedTarget) -> Option<Removal> {
        let status = if args.force { None } else { target.full_status().await.ok() }?;
        let units = || status.applications.values().flat_map(|application| &application.units);
        Removal::already(&args.units, |name| {
            units().any(|(unit, one)| unit == name && one.agent_status.life.is_ending())
        })
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Removal, Failure> {
        remove(&args, false, &target).await
    }
}

async fn remove(args: &Args, dry_run: bool, target: &ResolvedTarget) -> Result<Removal, Failure> {
    let one = |name: &String| DestroyUnitParams {
        unit_tag: entity::unit(name),
        destroy_storage: args.destroy_storage,
        force: args.force,
        dry_run,
        max_wait: args.no_wait.then_some(0),
    };
    let connection = target.model_connection().await?;
    let reply =
        connection.call::<DestroyUnit>(DestroyUnitsParams { units: args.units.iter().map(one).collect() }).await?;
    removal(&args.units, reply.results.into_iter().map(report))
}

fn report(result: DestroyUnitResult) -> RemovalReport {
    let info = result.info.unwrap_or_default();
    RemovalReport {
        error: result.error,
        units: Vec::new(),
        detached_storage: info.detached_storage,
        destroyed_storage: info.destroyed_storage,
    }
}
