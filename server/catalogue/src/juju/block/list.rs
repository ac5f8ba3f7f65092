//! `juju disabled-commands`: commands that are disabled in a model, or in all models.

use std::sync::Arc;

use juju_client::ModelAccess;
use juju_wire::facade::{block::List, controller::ListBlockedModels};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::command_set;
use crate::{Command, Concise, Failure, Filter, JujuAccess, ResolvedTarget, Scope, Table, juju::render::id};

/// The tool `juju_disabled_commands`.
pub struct DisabledCommands;

/// Where.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// in all models
    all: bool,
}

/// What is disabled.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Disabled {
    /// In the model.
    Here(Set),
    /// In one of all models.
    Model(InModel),
}

/// A set of commands that is disabled.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Set {
    command_set: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
}

/// What is disabled in a model.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct InModel {
    name: String,
    model_uuid: String,
    owner: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    disabled_commands: Vec<&'static str>,
}

impl Command for DisabledCommands {
    type Args = Args;
    type Output = Vec<Disabled>;

    const COMMAND: &'static str = "disabled-commands";
    const ALIASES: &'static [&'static str] = &["list-disabled-commands"];
    const TOOLSET: &'static str = "configure";
    const DESCRIPTION: &'static str = "Lists commands that are disabled in a model.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    // the blocks of all models are no matter of one model
    fn juju_access(args: &Args) -> JujuAccess {
        if args.all { JujuAccess::RoleCredential } else { JujuAccess::Model(ModelAccess::Read) }
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        if args.all { vec![TargetEntity::All(EntityKind::Model)] } else { Vec::new() }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        if args.all {
            let connection = target.controller_connection().await?;
            let models = connection.call::<ListBlockedModels>(()).await?.models.into_iter();
            let disabled = models.map(|one| {
                let mut sets: Vec<_> = one.blocks.iter().map(|kind| command_set(kind)).collect();
                sets.sort_unstable();
                let owner = id(&one.owner_tag);
                InModel { name: one.name, model_uuid: one.model_uuid, owner, disabled_commands: sets }
            });
            let visible = disabled.filter(|one| target.may_see_model(&format!("{}/{}", one.owner, one.name)));
            return Ok(visible.map(Disabled::Model).collect());
        }
        let connection = target.model_connection().await?;
        let blocks = connection.call::<List>(()).await?.results.into_iter();
        let set = |one: juju_wire::facade::block::BlockResult| match one.error {
            Some(error) => Err(error.into()),
            None => Ok(Disabled::Here(Set { command_set: command_set(&one.result.kind), message: one.result.message })),
        };
        blocks.map(set).collect()
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects("", one));
        let row = |one: &Disabled| match one {
            Disabled::Here(set) => vec![set.command_set.to_owned(), set.message.clone(), String::new()],
            Disabled::Model(one) => {
                let model = format!("{}/{}", one.owner, one.name);
                vec![one.disabled_commands.join(","), String::new(), model]
            }
        };
        let rows = answer.iter().map(row).collect();
        let heading = ["Disabled commands", "Message", "Model"];
        Some(Concise::table(Table::new("sets", &heading, rows), "no commands are disabled, or none matches"))
    }
}
