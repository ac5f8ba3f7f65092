//! `juju enable-destroy-controller`: enables all commands in all models of a controller.

use std::sync::Arc;

use juju_wire::facade::controller::{RemoveBlocks, model::RemoveBlocksArgs};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_enable_destroy_controller`.
pub struct EnableDestroyController;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// What was done.
#[derive(Debug, Serialize)]
pub struct Output {
    enabled: &'static str,
}

impl Command for EnableDestroyController {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "enable-destroy-controller";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Enables disabled commands in all models; juju_enable_command does so in one.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Model)]
    }

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        target.controller_connection().await?.call::<RemoveBlocks>(RemoveBlocksArgs { all: true }).await?;
        Ok(Output { enabled: "all commands in all models" })
    }
}
