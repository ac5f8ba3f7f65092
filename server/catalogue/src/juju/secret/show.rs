//! `juju show-secret`: one secret, with its content where the caller may read it.

use std::{collections::BTreeMap, sync::Arc};

use juju_client::ModelAccess;
use juju_wire::facade::secrets::{
    ListSecrets,
    list::{ListSecretsArgs, SecretsFilter},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Reference,
    shape::{Parts, Secret, secrets},
    target_entity,
};
use crate::{Command, Failure, JujuAccess, ResolvedTarget, Scope};

/// The tool `juju_show_secret`.
pub struct ShowSecret;

/// Which secret, and what of it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    id_or_name: String,
    revision: Option<u32>,
    /// with its content
    #[serde(default)]
    reveal: bool,
    /// all revisions, without content
    #[serde(default)]
    revisions: bool,
}

impl Command for ShowSecret {
    type Args = Args;
    type Output = BTreeMap<String, Secret>;

    const COMMAND: &'static str = "show-secret";
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Shows a secret, its revisions and grants, or reveals its content.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["id_or_name"];

    // `apiserver/facades/client/secrets`: only admins of the model see contents
    fn juju_access(args: &Args) -> JujuAccess {
        JujuAccess::Model(if args.reveal { ModelAccess::Admin } else { ModelAccess::Read })
    }

    fn effect(args: &Args) -> Effect {
        if args.reveal { Effect::Sensitive } else { Effect::Read }
    }

    fn validate(args: &Args) -> Result<(), String> {
        if args.revisions && (args.reveal || args.revision.is_some()) {
            return Err("`revisions` cannot be used together with `reveal` or `revision`".to_owned());
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target_entity(&args.id_or_name)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let Reference { uri, name } = Reference::parse(&args.id_or_name);
        let filter = SecretsFilter {
            uri: Some(uri).filter(|uri| !uri.is_empty()),
            label: Some(name).filter(|name| !name.is_empty()),
            revision: args.revision.filter(|revision| *revision > 0).map(i64::from),
            owner_tag: None,
        };
        let reply = connection.call::<ListSecrets>(ListSecretsArgs { show_secrets: args.reveal, filter }).await?;
        if reply.results.is_empty() {
            let problem = format!("secret \"{}\" not found", args.id_or_name);
            return Err(Failure::refused(problem, "list them with `juju_secrets`"));
        }
        Ok(secrets(reply.results, Parts { content: args.reveal, revisions: args.revisions, access: true }))
    }
}
