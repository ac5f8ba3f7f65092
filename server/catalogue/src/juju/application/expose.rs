//! `juju expose`: opens network access to an application.

use std::sync::Arc;

use juju_wire::facade::{
    application::{Expose as ExposeMethod, expose::ApplicationExpose},
    client::application::ExposedEndpoint,
};
use policy::{Effect, Exposure, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, Precondition, ResolvedTarget, Scope, target};

/// The tool `juju_expose`.
pub struct Expose;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    #[serde(default)]
    endpoints: Vec<String>,
    #[serde(default)]
    to_cidrs: Vec<String>,
    #[serde(default)]
    to_spaces: Vec<String>,
}

/// The application that is exposed.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Its name.
    exposed: String,
}

impl Command for Expose {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "expose";
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Opens the firewall for an application.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    fn validate(args: &Args) -> Result<(), String> {
        match args.to_cidrs.iter().find(|cidr| !Exposure::is_canonical(cidr)) {
            Some(cidr) => Err(format!("`to_cidrs` has to hold networks like `10.0.0.0/8` or `fd00::/8`, not: {cidr}")),
            None => Ok(()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_exposure(Exposure { cidrs: args.to_cidrs.clone(), spaces: args.to_spaces.clone() })
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![
            Precondition::Endpoints(args.application.clone(), args.endpoints.clone()),
            Precondition::Spaces(args.to_spaces.clone()),
        ]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let narrowed = !args.endpoints.is_empty() || !args.to_cidrs.is_empty() || !args.to_spaces.is_empty();
        let endpoints = if args.endpoints.is_empty() { vec![String::new()] } else { args.endpoints };
        let to = ExposedEndpoint { expose_to_spaces: args.to_spaces, expose_to_cidrs: args.to_cidrs };
        let exposed_endpoints = endpoints.into_iter().filter(|_| narrowed).map(|name| (name, to.clone())).collect();
        let connection = target.model_connection().await?;
        connection
            .call::<ExposeMethod>(ApplicationExpose { application: args.application.clone(), exposed_endpoints })
            .await?;
        Ok(Output { exposed: args.application })
    }
}
