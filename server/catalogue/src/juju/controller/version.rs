//! `juju version`: versions of this program and of the Juju client that its commands come from.

use std::sync::Arc;

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_version`.
pub struct Version;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

/// Versions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    juju_mcp: &'static str,
    commands_of_juju: &'static str,
}

/// The Juju client that the commands come from.
const COMMANDS_OF: &str = "3.6.11";

impl Command for Version {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "version";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows the version of this server; juju_show_controller that of a controller.";
    const SCOPE: Scope = Scope::Client;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    async fn run(_: Permit, _: Args, _: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        Ok(Output { juju_mcp: env!("CARGO_PKG_VERSION"), commands_of_juju: COMMANDS_OF })
    }
}
