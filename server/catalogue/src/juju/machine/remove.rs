//! `juju remove-machine`: removes machines.

use std::sync::Arc;

use juju_wire::facade::machine_manager::{
    DestroyMachineWithParams,
    destroy::{DestroyMachineResult, DestroyMachinesParams},
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

/// The tool `juju_remove_machine`.
pub struct RemoveMachine;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    machines: Vec<String>,
    /// with the units on them
    #[serde(default)]
    force: bool,
    /// with `force`
    #[serde(default)]
    no_wait: bool,
    /// leave it in the cloud
    #[serde(default)]
    keep_instance: bool,
}

impl Command for RemoveMachine {
    type Args = Args;
    type Output = Removal;

    const COMMAND: &'static str = "remove-machine";
    const TOOLSET: &'static str = "machines";
    const DESCRIPTION: &'static str = "Removes machines; cannot be undone.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::Removal;
    const POSITIONAL: &'static [&'static str] = &["machines"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.no_wait && !args.force {
            return Err("`no_wait` needs `force`".to_owned());
        }
        entity::check_machines(&args.machines)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::machines(&args.machines).collect()
    }

    fn impact(args: &Args) -> Impact {
        let impact = Impact { machines_removed: args.machines.len() as u64, ..Impact::default() };
        impact.with_skipped_checks(&[("force", args.force), ("no_wait", args.no_wait)])
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        let substrate = Precondition::Substrate(Substrate::Machines, "remove units or applications");
        let unused = (!args.force).then(|| Precondition::UnusedMachines(args.machines.clone()));
        std::iter::once(substrate).chain(unused).collect()
    }

    fn cost(args: &Args, facts: &Facts) -> Cost {
        Cost::of_removed_machines(&args.machines, facts)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        Ok(Some(json!(remove(args, true, target).await?)))
    }

    async fn already_done(args: &Args, target: &ResolvedTarget) -> Option<Removal> {
        let status = if args.force { None } else { target.full_status().await.ok() }?;
        Removal::already(&args.machines, |id| {
            status.machines.get(id).is_some_and(|one| one.agent_status.life.is_ending())
        })
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Removal, Failure> {
        remove(&args, false, &target).await
    }
}

async fn remove(args: &Args, dry_run: bool, target: &ResolvedTarget) -> Result<Removal, Failure> {
    let params = DestroyMachinesParams {
        machine_tags: args.machines.iter().map(|id| entity::machine(id)).collect(),
        force: args.force,
        keep: args.keep_instance,
        dry_run,
        max_wait: args.no_wait.then_some(0),
    };
    let connection = target.model_connection().await?;
    let reply = connection.call::<DestroyMachineWithParams>(params).await?;
    removal(&args.machines, reply.results.into_iter().map(report))
}

fn report(result: DestroyMachineResult) -> RemovalReport {
    let info = result.info.unwrap_or_default();
    RemovalReport {
        error: result.error,
        units: info.destroyed_units,
        detached_storage: info.detached_storage,
        destroyed_storage: info.destroyed_storage,
    }
}
