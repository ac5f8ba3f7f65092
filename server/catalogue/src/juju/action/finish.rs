//! Waits for the tasks of an operation and collects their results.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use juju_client::Connection;
use juju_wire::{
    RemoteError,
    entity::{Entities, Entity},
    facade::action::{Actions, actions::ActionResult, operation::EnqueuedActions},
};
use serde_json::{Map, Value, json};

use crate::{Failure, MAX_WAIT_SECONDS, ResolvedTarget, entity, juju::render::go_timestamp};

/// How long to wait for tasks by default.
pub(super) const DEFAULT_WAIT_SECONDS: u64 = 60;
/// Time between two requests for the state of the tasks.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(250);
/// Go's zero time: the event has not happened yet.
pub(super) const ZERO_TIME: &str = "0001-01-01T00:00:00Z";

/// Waits for the tasks of an operation and returns their results; in the background, only their ids.
///
/// `receivers` are the names of the units or machines in order, if known. A task that could not start is reported beside the others;
/// if none could start, the call fails with the first error.
pub(super) async fn finish(
    target: &ResolvedTarget,
    connection: &Arc<Connection>,
    begun: EnqueuedActions,
    receivers: &[String],
    background: bool,
    wait: Option<u64>,
) -> Result<Map<String, Value>, Failure> {
    let operation = entity::name(&begun.operation);
    target.set_operation_id(&operation);
    let mut tasks = begun.actions;
    let (mut shown, refused) = take_failed(&mut tasks, receivers);
    if let (Some(error), true) = (refused, tasks.is_empty()) {
        return Err(error.into());
    }
    let asked: Vec<Entity> =
        tasks.iter().filter_map(|task| Some(Entity { tag: task.action.as_ref()?.tag.clone() })).collect();
    if background {
        let numbers: Vec<_> = asked.iter().map(|task| entity::name(&task.tag)).collect();
        let mut summary =
            Map::from_iter([("operation".to_owned(), json!(operation)), ("tasks".to_owned(), json!(numbers))]);
        if !shown.is_empty() {
            summary.insert("not-begun".to_owned(), Value::Object(shown));
        }
        return Ok(summary);
    }
    let until = Instant::now() + Duration::from_secs(wait.unwrap_or(DEFAULT_WAIT_SECONDS).min(MAX_WAIT_SECONDS));
    let total = f64::from(u32::try_from(asked.len()).unwrap_or(u32::MAX));
    loop {
        let done = tasks.iter().filter(|task| ended(task)).count();
        target.report(
            f64::from(u32::try_from(done).unwrap_or(u32::MAX)),
            Some(total),
            format!("operation {operation}: {done} of {total} tasks ended"),
        );
        if done == asked.len() {
            shown.extend(tasks.iter().filter_map(result));
            return Ok(shown);
        }
        if Instant::now() > until {
            if done > 0 {
                shown.extend(unfinished(&tasks, &operation));
                return Ok(shown);
            }
            let problem = format!("operation {operation} has not ended yet: {done} of {total} tasks have");
            return Err(Failure::refused(
                problem,
                format!("it goes on; look at it with juju_show_operation, operation {operation}"),
            ));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
        let polled = connection.call::<Actions>(Entities { entities: asked.clone() }).await;
        tasks = polled
            .map_err(|error| {
                let problem = format!("operation {operation} was begun, but its results cannot be read: {error}");
                Failure::refused(
                    problem,
                    format!("it goes on; look at it with juju_show_operation, operation {operation}"),
                )
            })?
            .results;
    }
}

/// Removes the tasks that could not start. Returns their output and the first error.
fn take_failed(tasks: &mut Vec<ActionResult>, receivers: &[String]) -> (Map<String, Value>, Option<RemoteError>) {
    let mut shown = Map::new();
    let mut first = None;
    let mut place = 0;
    tasks.retain_mut(|task| {
        place += 1;
        let Some(error) = task.error.take() else { return true };
        let named = receivers.get(place - 1).cloned();
        let name = named.or_else(|| Some(entity::name(&task.action.as_ref()?.receiver)));
        let name = name.unwrap_or_else(|| format!("task {place}"));
        shown.insert(name.clone(), json!({"status": "not begun", "message": error.to_string(), "unit": name}));
        first.get_or_insert(error);
        false
    });
    (shown, first)
}

/// The results of an operation of which some tasks have not ended: those that ended, those that have not, and how to look at it
/// later.
fn unfinished(tasks: &[ActionResult], operation: &str) -> Map<String, Value> {
    let mut shown: Map<_, _> = tasks.iter().filter_map(result).collect();
    let pending: Vec<_> = tasks.iter().filter(|task| !ended(task)).filter_map(|task| Some(result(task)?.0)).collect();
    shown.insert("operation".to_owned(), json!(operation));
    let remedy = format!("they go on; look at them with juju_show_operation, operation {operation}");
    shown.insert("not-ended".to_owned(), json!({"units": pending, "remedy": remedy}));
    shown
}

/// Whether nothing more comes of a task.
pub(super) fn ended(task: &ActionResult) -> bool {
    !matches!(task.status.as_str(), "pending" | "running" | "aborting")
}

/// The result of a task by its unit, as in `juju run --format json`.
fn result(task: &ActionResult) -> Option<(String, Value)> {
    let action = task.action.as_ref()?;
    let unit = entity::name(&action.receiver);
    let mut shown = Map::from_iter([("id".to_owned(), json!(entity::name(&action.tag)))]);
    if !task.output.is_empty() {
        shown.insert("results".to_owned(), json!(task.output));
    }
    shown.insert("status".to_owned(), json!(task.status));
    if !task.message.is_empty() {
        shown.insert("message".to_owned(), json!(task.message));
    }
    shown.insert("timing".to_owned(), timing(&task.enqueued, &task.started, &task.completed));
    shown.insert("unit".to_owned(), json!(unit));
    Some((unit, Value::Object(shown)))
}

/// When a task was enqueued, started and completed, as far as it was.
pub(super) fn timing(enqueued: &str, started: &str, completed: &str) -> Value {
    let times = [("completed", completed), ("enqueued", enqueued), ("started", started)];
    let come = times.into_iter().filter(|(_, time)| !time.is_empty() && *time != ZERO_TIME);
    Value::Object(come.map(|(name, time)| (name.to_owned(), json!(go_timestamp(time)))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_operation_has_the_results_of_the_tasks_that_ended() {
        let task = |number: u32, status: &str| -> ActionResult {
            serde_json::from_value(json!({
                "action": {"tag": format!("action-{number}"), "receiver": format!("unit-web-{number}"), "name": "backup"},
                "status": status, "output": {"file": "a.tar"},
            }))
            .expect("a task")
        };
        let shown = unfinished(&[task(0, "completed"), task(1, "running"), task(2, "failed")], "7");
        assert_eq!(shown["web/0"]["results"], json!({"file": "a.tar"}));
        assert_eq!(shown["web/1"]["status"], "running");
        assert_eq!(shown["web/2"]["status"], "failed");
        assert_eq!((&shown["operation"], &shown["not-ended"]["units"]), (&json!("7"), &json!(["web/1"])));
    }
}
