//! `juju remove-space`: removes a network space; its subnets move to the default space.

use std::sync::Arc;

use juju_client::ModelAccess;
use juju_wire::{
    entity::Entity,
    facade::spaces::{
        RemoveSpace as RemoveMethod,
        space::{RemoveSpaceParam, RemoveSpaceParams, RemoveSpaceResult},
    },
    tag::Tag,
};
use policy::{Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check_name;
use crate::{
    Command, Failure, JujuAccess, ResolvedTarget, Scope,
    juju::render::{bulk_single, id},
    target,
};

/// The tool `juju_remove_space`.
pub struct RemoveSpace;

/// Which space.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    name: String,
    /// also if bindings, constraints or settings use it
    #[serde(default)]
    force: bool,
}

/// The space that was removed.
#[derive(Debug, Serialize)]
pub struct Output {
    removed: String,
}

impl Command for RemoveSpace {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "remove-space";
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Removes a network space; its subnets move to the default space.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name"];

    // `apiserver/facades/client/spaces`
    fn juju_access(_: &Args) -> JujuAccess {
        JujuAccess::Model(ModelAccess::Admin)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_name("name", &args.name)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let users = args.force.then_some(TargetEntity::All(EntityKind::Application));
        std::iter::once(target::other("space", &args.name)).chain(users).collect()
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let result = remove(target, &args.name, args.force, true).await?;
        match users(&result) {
            Value::Object(found) if found.is_empty() => Ok(None),
            found if args.force => Ok(Some(json!({"used_by": found}))),
            found => Err(in_use(&args.name, &found)),
        }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let result = remove(&target, &args.name, args.force, false).await?;
        // without force, the controller lists what uses the space and keeps it
        match users(&result) {
            Value::Object(found) if !found.is_empty() && !args.force => Err(in_use(&args.name, &Value::Object(found))),
            _ => Ok(Output { removed: args.name }),
        }
    }
}

async fn remove(target: &ResolvedTarget, name: &str, force: bool, dry_run: bool) -> Result<RemoveSpaceResult, Failure> {
    let space = Entity::from(Tag::new("space", name));
    let params = RemoveSpaceParams { space_param: vec![RemoveSpaceParam { space, force, dry_run }] };
    let reply = target.model_connection().await?.call::<RemoveMethod>(params).await?;
    bulk_single(reply.results, |item| item.error.take())
}

/// What uses a space.
fn users(result: &RemoveSpaceResult) -> Value {
    let names = |entities: &[Entity]| entities.iter().map(|one| id(&one.tag)).collect::<Vec<_>>();
    let uses = [
        ("constraints", names(&result.constraints)),
        ("bindings", names(&result.bindings)),
        ("controller-settings", result.controller_settings.clone()),
    ];
    uses.into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(what, names)| (what.to_owned(), json!(names)))
        .collect()
}

fn in_use(name: &str, uses: &Value) -> Failure {
    Failure::refused(
        format!("cannot remove space \"{name}\", it is in use: {uses}"),
        "set `force` to remove it all the same",
    )
}
