//! `juju show-task`: one task with its result.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use juju_client::Connection;
use juju_wire::{
    entity::Entities,
    facade::action::{Actions, actions::ActionResult},
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::finish::{POLL_INTERVAL, ended, timing};
use crate::{Command, Failure, MAX_WAIT_SECONDS, ResolvedTarget, Scope, juju::render::go_timestamp};

/// The tool `juju_show_task`.
pub struct ShowTask;

/// Which task.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    task_id: String,
    /// seconds, for its end
    wait: Option<u64>,
}

impl Command for ShowTask {
    type Args = Args;
    type Output = Map<String, Value>;

    const COMMAND: &'static str = "show-task";
    const TOOLSET: &'static str = "actions";
    const DESCRIPTION: &'static str = "Shows result and log of a task; juju_show_operation shows all of its operation.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["task_id"];

    fn validate(args: &Args) -> Result<(), String> {
        super::check_task_ids("task_id", std::slice::from_ref(&args.task_id))
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::unresolved(EntityKind::Operation, &args.task_id)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let until = Instant::now() + Duration::from_secs(args.wait.unwrap_or_default().min(MAX_WAIT_SECONDS));
        loop {
            let task = task(&connection, &args.task_id).await?;
            if ended(&task) || Instant::now() >= until {
                return Ok(shown(&args.task_id, &task));
            }
            target.report(0.0, None, format!("task {} is {}", args.task_id, task.status));
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }
}

async fn task(connection: &Connection, id: &str) -> Result<ActionResult, Failure> {
    let tags: Entities = [Tag::new("action", id)].into_iter().collect();
    match connection.call::<Actions>(tags).await?.results.into_iter().next() {
        Some(ActionResult { error: Some(error), .. }) => Err(error.into()),
        Some(task) => Ok(task),
        None => Err(Failure::refused(format!("task {id} not found"), "list operations with `juju_operations`")),
    }
}

/// The task as the client prints it.
fn shown(id: &str, task: &ActionResult) -> Map<String, Value> {
    let mut shown = Map::from_iter([("id".to_owned(), json!(id)), ("status".to_owned(), json!(task.status))]);
    if let Some(receiver) = task.action.as_ref().and_then(|action| Tag::parse(&action.receiver).ok()) {
        shown.insert(receiver.kind().to_owned(), json!(receiver.id()));
    }
    if !task.message.is_empty() {
        shown.insert("message".to_owned(), json!(task.message));
    }
    if !task.output.is_empty() {
        shown.insert("results".to_owned(), results(task));
    }
    if !task.log.is_empty() {
        let line = |time: &str, message: &str| format!("{} {message}", go_timestamp(time));
        let lines: Vec<_> = task.log.iter().map(|one| line(&one.timestamp, &one.message)).collect();
        shown.insert("log".to_owned(), json!(lines));
    }
    let timing = timing(&task.enqueued, &task.started, &task.completed);
    if timing.as_object().is_some_and(|times| !times.is_empty()) {
        shown.insert("timing".to_owned(), timing);
    }
    shown
}

/// The output of a task, without empty streams and with the line ends of Unix.
fn results(task: &ActionResult) -> Value {
    let mut output = task.output.clone();
    for stream in ["stdout", "stderr"] {
        match output.get_mut(stream) {
            Some(Value::String(text)) if !text.is_empty() => *text = text.replace("\r\n", "\n"),
            Some(_) => drop(output.remove(stream)),
            None => {}
        }
    }
    json!(output)
}
