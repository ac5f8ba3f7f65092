//! `juju unexpose`: removes network access to an application.

use std::sync::Arc;

use juju_wire::facade::application::{Unexpose as UnexposeMethod, expose::ApplicationUnexpose};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, Precondition, ResolvedTarget, Scope, target};

/// The tool `juju_unexpose`.
pub struct Unexpose;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    #[serde(default)]
    endpoints: Vec<String>,
}

/// The application that is no longer exposed.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Its name.
    unexposed: String,
}

impl Command for Unexpose {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "unexpose";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Closes the firewall for an application.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::ExposedEndpoints(args.application.clone(), args.endpoints.clone())]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let unexpose = ApplicationUnexpose { application: args.application.clone(), exposed_endpoints: args.endpoints };
        connection.call::<UnexposeMethod>(unexpose).await?;
        Ok(Output { unexposed: args.application })
    }
}
