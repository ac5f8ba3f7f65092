//! `juju whoami`: the controller, model and Juju user that calls are made with.

use std::sync::Arc;

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_whoami`.
pub struct Whoami;

/// No arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {}

/// Who is logged in, and where.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Name of the controller.
    controller: String,
    /// The Juju user.
    user: String,
}

impl Command for Whoami {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "whoami";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows the controller and the Juju user in use.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let session = connection.session().await?;
        Ok(Output {
            controller: target.controller_name().to_owned(),
            user: session.user_tag().trim_start_matches("user-").to_owned(),
        })
    }
}
