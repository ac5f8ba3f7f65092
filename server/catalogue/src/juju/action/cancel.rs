//! `juju cancel-task`: cancels tasks that have not ended.

use std::sync::Arc;

use juju_wire::{
    entity::Entities,
    facade::action::{Cancel, actions::ActionResult},
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{check_task_ids, finish::ZERO_TIME};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, entity};

/// The tool `juju_cancel_task`.
pub struct CancelTask;

/// Which tasks.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    task_ids: Vec<String>,
}

/// The tasks that were cancelled, as the client prints them, and the others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    actions: Vec<Value>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    not_cancelled: Map<String, Value>,
}

impl Command for CancelTask {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "cancel-task";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Cancels pending tasks and aborts running ones.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["task_ids"];

    fn validate(args: &Args) -> Result<(), String> {
        if args.task_ids.is_empty() {
            return Err("`task_ids` has to hold at least one id".to_owned());
        }
        check_task_ids("task_ids", &args.task_ids)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.task_ids.iter().map(|id| TargetEntity::unresolved(EntityKind::Operation, id)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let tags: Entities = args.task_ids.iter().map(|id| Tag::new("action", id)).collect();
        let results = target.model_connection().await?.call::<Cancel>(tags).await?.results;
        let (mut output, mut first) = (Output { actions: Vec::new(), not_cancelled: Map::new() }, None);
        for (id, task) in args.task_ids.into_iter().zip(results) {
            if task.action.is_some() {
                output.actions.push(shown(&task));
            } else {
                let message = task.error.as_ref().map_or_else(|| task.message.clone(), ToString::to_string);
                output.not_cancelled.insert(id, json!(message));
                first = first.or(task.error);
            }
        }
        match first {
            Some(error) if output.actions.is_empty() => Err(error.into()),
            _ => Ok(output),
        }
    }
}

/// A task as the client prints it.
fn shown(task: &ActionResult) -> Value {
    let completed = match task.completed.split_once('T') {
        Some((day, time)) if task.completed != ZERO_TIME => {
            format!("{day} {}", time.get(..8).unwrap_or_default())
        }
        _ => "n/a".to_owned(),
    };
    let mut shown = json!({"status": task.status, "completed at": completed});
    if let Some(action) = &task.action {
        shown["action"] = json!(action.name);
        shown["id"] = json!(entity::name(&action.tag));
        shown["unit"] = json!(entity::name(&action.receiver));
    }
    shown
}
