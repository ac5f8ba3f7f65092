//! `juju remove-secret`: removes a secret or one of its revisions.

use std::sync::Arc;

use juju_wire::facade::secrets::{
    RemoveSecrets,
    edit::{DeleteSecretArg, DeleteSecretArgs},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Reference, require, target_entity};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_remove_secret`.
pub struct RemoveSecret;

/// Which secret.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    id_or_name: String,
    /// only this one
    revision: Option<u32>,
}

/// The secret that was removed.
#[derive(Debug, Serialize)]
pub struct Output {
    removed: String,
}

impl Command for RemoveSecret {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "remove-secret";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Removes a secret, or one revision of it.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["id_or_name"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.revision == Some(0) {
            return Err("`revision` has to be at least 1".to_owned());
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target_entity(&args.id_or_name)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.id_or_name).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let Reference { uri, name } = Reference::parse(&args.id_or_name);
        let revisions = args.revision.map(i64::from).into_iter().collect();
        let secret = DeleteSecretArg { uri, label: name, revisions };
        let connection = target.model_connection().await?;
        connection.call::<RemoveSecrets>(DeleteSecretArgs { args: vec![secret] }).await?.into_result()?;
        Ok(Output { removed: args.id_or_name })
    }
}
