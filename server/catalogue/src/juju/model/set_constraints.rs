//! `juju set-model-constraints`: sets the constraints of machines of a model.

use std::sync::Arc;

use juju_wire::facade::{application::config::SetConstraintsParams, model_config::SetModelConstraints as SetMethod};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, Precondition, ResolvedTarget, Scope, constraints::parse_constraints};

/// The tool `juju_set_model_constraints`.
pub struct SetModelConstraints;

/// Arguments, named as in the Juju client.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// all; what is left out is unset
    constraints: String,
}

/// The constraints that were set.
#[derive(Debug, Serialize)]
pub struct Output {
    constraints: String,
}

impl Command for SetModelConstraints {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "set-model-constraints";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Sets a model's constraints, for applications deployed later.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["constraints"];

    fn validate(args: &Args) -> Result<(), String> {
        parse_constraints(&args.constraints).map(drop)
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::Constraints(args.constraints.clone())]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let parsed = parse_constraints(&args.constraints);
        let constraints = parsed.map_err(|problem| Failure::refused(problem, "write them like `mem=4G cores=2`"))?;
        let params = SetConstraintsParams { application: String::new(), constraints };
        target.model_connection().await?.call::<SetMethod>(params).await?;
        Ok(Output { constraints: args.constraints })
    }
}
