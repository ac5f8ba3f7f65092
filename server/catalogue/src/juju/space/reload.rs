//! `juju reload-spaces`: reads spaces and subnets from the cloud again.

use std::sync::Arc;

use juju_wire::facade::spaces::ReloadSpaces as ReloadMethod;
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_reload_spaces`.
pub struct ReloadSpaces;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// What was done.
#[derive(Debug, Serialize)]
pub struct Output {
    reloaded: bool,
}

impl Command for ReloadSpaces {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "reload-spaces";
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Reads spaces and subnets from the cloud again.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        target.model_connection().await?.call::<ReloadMethod>(()).await?;
        Ok(Output { reloaded: true })
    }
}
