//! `juju secrets`: secrets of a model, without their content.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    facade::secrets::{
        ListSecrets,
        list::{ListSecretsArgs, SecretsFilter},
    },
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::{Parts, Secret, secrets};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, target};

/// The tool `juju_secrets`.
pub struct Secrets;

/// Which secrets.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// `application-web`, `unit-web-0`
    owner: Option<String>,
}

impl Command for Secrets {
    type Args = Args;
    type Output = BTreeMap<String, Secret>;

    const COMMAND: &'static str = "secrets";
    const ALIASES: &'static [&'static str] = &["list-secrets"];
    const TOOLSET: &'static str = "secrets";
    const DESCRIPTION: &'static str = "Lists secrets of a model, never their content.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        match args.owner.as_deref().map(Tag::parse) {
            Some(Err(_)) => Err("`owner` has to be a tag like `application-web` or `unit-web-0`".to_owned()),
            _ => Ok(()),
        }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        match args.owner.as_deref().map(Tag::parse) {
            Some(Ok(tag)) if tag.kind() == "unit" => vec![target::unit(tag.id())],
            Some(Ok(tag)) if tag.kind() == "application" => vec![target::application(tag.id())],
            _ => vec![TargetEntity::All(EntityKind::Secret)],
        }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let filter = SecretsFilter { owner_tag: args.owner, ..SecretsFilter::default() };
        let reply = connection.call::<ListSecrets>(ListSecretsArgs { show_secrets: false, filter }).await?;
        Ok(secrets(reply.results, Parts::default()))
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|id, one| filter.selects(id, one));
        let rows = answer.iter().map(|(id, one)| one.row(id)).collect();
        let heading = ["ID", "Name", "Owner", "Revision", "Rotation", "Updated", "Description"];
        Some(Concise::table(Table::new("secrets", &heading, rows), "no secret, or none matches"))
    }
}
