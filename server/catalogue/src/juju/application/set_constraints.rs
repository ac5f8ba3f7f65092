//! `juju set-constraints`: sets the machine constraints of an application.

use std::sync::Arc;

use juju_wire::facade::application::{SetConstraints as SetConstraintsMethod, config::SetConstraintsParams};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, Precondition, ResolvedTarget, Scope, constraints::parse_constraints, target};

/// The tool `juju_set_constraints`.
pub struct SetConstraints;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    /// all; what is left out is unset
    constraints: String,
}

/// The constraints that were set.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Name of the application.
    application: String,
    /// Its constraints.
    constraints: String,
}

impl Command for SetConstraints {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "set-constraints";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Sets an application's constraints for machines made later.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application", "constraints"];

    fn validate(args: &Args) -> Result<(), String> {
        parse_constraints(&args.constraints).map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    fn impact(args: &Args) -> Impact {
        Impact { constraints: Some(args.constraints.clone()), ..Impact::default() }
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::OwnUnits(args.application.clone()), Precondition::Constraints(args.constraints.clone())]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let parsed = parse_constraints(&args.constraints);
        let constraints = parsed.map_err(|problem| Failure::refused(problem, "write them like `mem=4G cores=2`"))?;
        let connection = target.model_connection().await?;
        let params = SetConstraintsParams { application: args.application.clone(), constraints };
        connection.call::<SetConstraintsMethod>(params).await?;
        Ok(Output { application: args.application, constraints: args.constraints })
    }
}
