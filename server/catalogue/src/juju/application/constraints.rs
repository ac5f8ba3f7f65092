//! `juju constraints`: constraints of one application.

use std::sync::Arc;

use juju_wire::{entity::Entities, facade::application::GetConstraints, tag::Tag};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Command, Failure, ResolvedTarget, Scope, juju::render::bulk_single, target};

/// The tool `juju_constraints`.
pub struct Constraints;

/// Which application.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
}

impl Command for Constraints {
    type Args = Args;
    type Output = Map<String, Value>;

    const COMMAND: &'static str = "constraints";
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Shows the constraints of an application.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let tags: Entities = [Tag::new("application", &args.application)].into_iter().collect();
        let reply = connection.call::<GetConstraints>(tags).await?;
        let item = bulk_single(reply.results, |item| item.error.take())?;
        match json!(item.constraints) {
            Value::Object(map) => Ok(map),
            _ => Ok(Map::new()),
        }
    }
}
