//! `juju model-constraints`: constraints of the machines of a model.

use std::sync::Arc;

use juju_wire::facade::model_config::GetModelConstraints;
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_model_constraints`.
pub struct ModelConstraints;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

impl Command for ModelConstraints {
    type Args = Args;
    type Output = Map<String, Value>;

    const COMMAND: &'static str = "model-constraints";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Shows the constraints of a model, for applications without their own.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let reply = connection.call::<GetModelConstraints>(()).await?;
        match json!(reply.constraints) {
            Value::Object(map) => Ok(map),
            _ => Ok(Map::new()),
        }
    }
}
