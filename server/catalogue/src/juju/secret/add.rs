//! `juju add-secret`: adds a secret of the user to a model.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::secrets::{
    CreateSecrets,
    edit::{CreateSecretArg, CreateSecretArgs, SecretContentParams},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{encoded, target_entity};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, juju::render::bulk_single};

/// The tool `juju_add_secret`.
pub struct AddSecret;

/// A new secret.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    name: String,
    /// by key; a key with the suffix `#base64` has an encoded value
    secret_content: BTreeMap<String, String>,
    /// description
    info: Option<String>,
}

/// The secret that was added.
#[derive(Debug, Serialize)]
pub struct Output {
    /// What options and applications refer to it by.
    uri: String,
}

impl Command for AddSecret {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "add-secret";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Adds a secret; juju_grant_secret lets applications read it.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["name", "secret_content"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.secret_content.is_empty() {
            return Err("`secret_content` has to have at least one key".to_owned());
        }
        encoded(&args.secret_content).map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target_entity(&args.name)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let data =
            encoded(&args.secret_content).map_err(|problem| Failure::refused(problem, "correct `secret_content`"))?;
        let secret = CreateSecretArg {
            label: Some(args.name).filter(|name| !name.is_empty()),
            description: args.info.filter(|info| !info.is_empty()),
            content: SecretContentParams { data, ..SecretContentParams::default() },
            ..CreateSecretArg::default()
        };
        let connection = target.model_connection().await?;
        let reply = connection.call::<CreateSecrets>(CreateSecretArgs { args: vec![secret] }).await?;
        Ok(Output { uri: bulk_single(reply.results, |item| item.error.take())?.result })
    }
}
