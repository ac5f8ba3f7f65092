//! `juju actions`: actions that an application has.

use std::{collections::BTreeMap, sync::Arc};

use juju_client::ModelAccess;
use juju_wire::{entity::Entities, facade::action::ApplicationsCharmsActions, tag::Tag};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Command, Failure, JujuAccess, ResolvedTarget, Scope, juju::render::bulk_single, target};

/// The tool `juju_actions`.
pub struct Actions;

/// Application to list.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    #[serde(default)]
    schema: bool,
}

impl Command for Actions {
    type Args = Args;
    type Output = BTreeMap<String, Value>;

    const COMMAND: &'static str = "actions";
    const ALIASES: &'static [&'static str] = &["list-actions"];
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Lists actions that an application can run.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application"];

    // `apiserver/facades/client/action`: the actions of charms are for those who may run them
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::Model(ModelAccess::Write)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let tags: Entities = [Tag::new("application", &args.application)].into_iter().collect();
        let reply = connection.call::<ApplicationsCharmsActions>(tags).await?;
        let item = bulk_single(reply.results, |item| item.error.take())?;
        let actions = item.actions;
        let shown = actions
            .into_iter()
            .map(|(name, action)| (name, if args.schema { json!(action.params) } else { json!(action.description) }));
        Ok(shown.collect())
    }
}
