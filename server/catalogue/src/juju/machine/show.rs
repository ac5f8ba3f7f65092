//! `juju show-machine`: machines by their ids.

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::list::{Output, look};
use crate::{Command, Failure, ResolvedTarget, Scope, entity, target};

/// The tool `juju_show_machine`.
pub struct ShowMachine;

/// Which machines.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    machines: Vec<String>,
}

impl Command for ShowMachine {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "show-machine";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows machines in detail, by id.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const FROM_ESTATE: bool = true;
    const POSITIONAL: &'static [&'static str] = &["machines"];

    fn validate(args: &Args) -> Result<(), String> {
        entity::check_machines(&args.machines)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::machines(&args.machines).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        look(&target, &args.machines).await
    }
}
