//! `juju show-action`: one action of an application with its parameters.

use std::{collections::BTreeMap, sync::Arc};

use juju_client::ModelAccess;
use juju_wire::{entity::Entities, facade::action::ApplicationsCharmsActions, tag::Tag};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Command, Failure, JujuAccess, ResolvedTarget, Scope, juju::render::bulk_single, nearest, target};

/// The tool `juju_show_action`.
pub struct ShowAction;

/// Which action.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    application: String,
    action: String,
}

/// What the action does and takes.
#[derive(Debug, Serialize)]
pub struct Output {
    description: String,
    arguments: BTreeMap<String, Parameter>,
}

/// A parameter of an action.
#[derive(Debug, Serialize)]
pub struct Parameter {
    #[serde(rename = "type")]
    kind: Value,
    description: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    default: Value,
}

impl Command for ShowAction {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "show-action";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Shows what an action does and which parameters it takes.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["application", "action"];

    // `apiserver/facades/client/action`: the actions of charms are for those who may run them
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::Model(ModelAccess::Write)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::application(&args.application)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let tags: Entities = [Tag::new("application", &args.application)].into_iter().collect();
        let reply = connection.call::<ApplicationsCharmsActions>(tags).await?;
        let mut actions = bulk_single(reply.results, |item| item.error.take())?.actions;
        let Some(action) = actions.remove(&args.action) else {
            let near = nearest(&args.action, actions.keys().map(String::as_str));
            let remedy = near
                .map_or_else(|| "list them with `juju_actions`".to_owned(), |near| format!("the nearest is `{near}`"));
            return Err(Failure::refused(format!("unknown action \"{}\"", args.action), remedy));
        };
        let properties = action.params.get("properties").and_then(Value::as_object);
        let parameter = |(name, schema): (&String, &Value)| {
            let member = |member: &str| schema.get(member).cloned().unwrap_or_default();
            let shown =
                Parameter { kind: member("type"), description: member("description"), default: member("default") };
            schema.is_object().then(|| (name.clone(), shown))
        };
        let arguments = properties.into_iter().flatten().filter_map(parameter).collect();
        Ok(Output { description: action.description, arguments })
    }
}
