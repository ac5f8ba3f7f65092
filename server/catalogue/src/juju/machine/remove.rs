//! `juju remove-machine`: removes machines.

use std::sync::Arc;

use juju_wire::facade::machine_manager::{DestroyMachineWithParams, destroy::DestroyMachinesParams};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Command, Failure, Scope, Site, entity};

/// See the file's head.
pub struct RemoveMachine;

/// The client's own arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// Numbers of the machines.
    machines: Vec<String>,
    /// Also with the units that are on them.
    #[serde(default)]
    force: bool,
    /// Leave the instances in the cloud.
    #[serde(default)]
    keep_instance: bool,
}

/// What is being removed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Machines, and units that go with them.
    removing: Vec<String>,
}

impl Command for RemoveMachine {
    type Args = Args;
    type Output = Output;

    const WORD: &'static str = "remove-machine";
    const TOOLSET: &'static str = "machines";
    const DESCRIPTION: &'static str = "Removes machines; cannot be undone.";
    const SCOPE: Scope = Scope::Model;
    const EFFECT: Effect = Effect::Destructive;
    const POSITIONAL: &'static [&'static str] = &["machines"];

    fn targets(args: &Args) -> Vec<String> {
        args.machines.iter().map(|id| entity::machine(id)).collect()
    }

    async fn preview(args: Arc<Args>, site: Arc<Site>) -> Result<Option<Value>, Failure> {
        Ok(Some(json!({"removing": remove(&args, true, &site).await?})))
    }

    async fn run(_: Permit, args: Args, site: Arc<Site>) -> Result<Output, Failure> {
        Ok(Output { removing: remove(&args, false, &site).await? })
    }
}

async fn remove(args: &Args, dry_run: bool, site: &Site) -> Result<Vec<String>, Failure> {
    let params = DestroyMachinesParams {
        machine_tags: args.machines.iter().map(|id| entity::machine(id)).collect(),
        force: args.force,
        keep: args.keep_instance,
        dry_run,
        max_wait: None,
    };
    let connection = site.model_connection().await?;
    let reply = connection.call::<DestroyMachineWithParams>(params).await?;
    let mut removing = Vec::new();
    for (id, result) in args.machines.iter().zip(reply.results) {
        if let Some(error) = result.error {
            return Err(error.into());
        }
        removing.push(id.clone());
        let units = result.info.into_iter().flat_map(|info| info.destroyed_units);
        removing.extend(units.map(|unit| entity::name(&unit.tag)));
    }
    Ok(removing)
}
