//! `juju retry-provisioning`: asks the cloud again for machines that it could not start.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    ErrorResult,
    facade::machine_manager::{RetryProvisioning as RetryMethod, instance::RetryProvisioningArgs},
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Failure, ResolvedTarget, Scope, entity,
    juju::render::{Item, bulk_items},
    target,
};

/// The tool `juju_retry_provisioning`.
pub struct RetryProvisioning;

/// Which machines.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    machines: Vec<String>,
    /// all that failed
    all: bool,
}

/// What is done with each machine; for all of them one entry.
pub type Output = BTreeMap<String, Item<&'static str>>;

impl Command for RetryProvisioning {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "retry-provisioning";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Retries machines that the cloud failed to start.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["machines"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.all != args.machines.is_empty() {
            return Err("either `machines` or `all` has to be given".to_owned());
        }
        entity::check_machines(&args.machines)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        if args.all { vec![TargetEntity::All(EntityKind::Machine)] } else { target::machines(&args.machines).collect() }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let machines: Vec<_> = args.machines.iter().map(|id| entity::machine(id)).collect();
        let params = RetryProvisioningArgs { machines, all: args.all };
        let reply = target.model_connection().await?.call::<RetryMethod>(params).await?;
        if args.all {
            reply.into_result()?;
            return bulk_items(std::iter::once(("all".to_owned(), Ok("retrying"))));
        }
        let item = |(id, item): (String, ErrorResult)| {
            let outcome = item.into_result().map(|()| "retrying").map_err(Failure::from);
            (id, outcome)
        };
        bulk_items(args.machines.into_iter().zip(reply.results).map(item))
    }
}
