//! `juju update-secret`: gives a secret new content, another name or another description.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::secrets::{
    UpdateSecrets,
    edit::{SecretContentParams, UpdateUserSecretArg, UpdateUserSecretArgs},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Reference, encoded, require, target_entity};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `juju_update_secret`.
pub struct UpdateSecret;

/// A secret and what changes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    id_or_name: String,
    /// all of the new revision, by key
    #[serde(default)]
    secret_content: BTreeMap<String, String>,
    /// new description
    info: Option<String>,
    /// new name
    name: Option<String>,
    /// whether revisions without readers are removed
    auto_prune: Option<bool>,
}

/// The secret that was changed.
#[derive(Debug, Serialize)]
pub struct Output {
    updated: String,
}

impl Command for UpdateSecret {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "update-secret";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Adds a revision to a secret, or changes its name or description.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["id_or_name", "secret_content"];

    fn validate(args: &Args) -> Result<(), String> {
        let changes = [args.info.is_some(), args.name.is_some(), args.auto_prune.is_some()].contains(&true);
        if args.secret_content.is_empty() && !changes {
            return Err("`secret_content`, `info`, `name` or `auto_prune` has to be given".to_owned());
        }
        encoded(&args.secret_content).map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        std::iter::once(&args.id_or_name).chain(&args.name).map(|text| target_entity(text)).collect()
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.id_or_name).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let data =
            encoded(&args.secret_content).map_err(|problem| Failure::refused(problem, "correct `secret_content`"))?;
        let Reference { uri, name } = Reference::parse(&args.id_or_name);
        let secret = UpdateUserSecretArg {
            uri,
            existing_label: name,
            label: args.name.filter(|name| !name.is_empty()),
            description: args.info.filter(|info| !info.is_empty()),
            content: SecretContentParams { data, ..SecretContentParams::default() },
            auto_prune: args.auto_prune,
            ..UpdateUserSecretArg::default()
        };
        let connection = target.model_connection().await?;
        connection.call::<UpdateSecrets>(UpdateUserSecretArgs { args: vec![secret] }).await?.into_result()?;
        Ok(Output { updated: args.id_or_name })
    }
}
