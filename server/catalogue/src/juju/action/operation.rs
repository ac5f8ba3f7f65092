//! An operation as the client prints it.

use std::collections::BTreeMap;

use juju_wire::facade::action::{
    actions::{Action, ActionResult},
    operation::OperationResult,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::juju::render::{go_timestamp, id};

/// One operation with its tasks.
#[derive(Debug, Serialize)]
pub struct Operation {
    summary: String,
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    fail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Value>,
    timing: Timing,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tasks: BTreeMap<String, Task>,
}

/// When it was asked for, began and ended.
#[derive(Debug, Default, Serialize)]
pub struct Timing {
    #[serde(skip_serializing_if = "String::is_empty")]
    enqueued: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    started: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    completed: String,
}

/// One action on one unit or machine.
#[derive(Debug, Serialize)]
pub struct Task {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    host: String,
    status: String,
    timing: Timing,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    log: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    results: BTreeMap<String, Value>,
}

impl Operation {
    pub(super) fn of(wire: OperationResult) -> Self {
        let actions: Vec<&Action> = wire.actions.iter().filter_map(|one| one.action.as_ref()).collect();
        let same = |one: &&Action| (&one.name, &one.parameters) == (&actions[0].name, &actions[0].parameters);
        let single = !actions.is_empty() && actions.iter().all(same);
        let action = single.then(|| json!({"name": actions[0].name, "parameters": actions[0].parameters}));
        let lost = wire.actions.iter().any(|one| one.action.is_none());
        Self {
            action,
            tasks: wire.actions.iter().filter_map(|one| task(one, !single)).collect(),
            summary: wire.summary,
            status: if lost { "error".to_owned() } else { wire.status },
            fail: wire.fail,
            error: wire.error.map(|error| error.message).unwrap_or_default(),
            timing: timing(&wire.enqueued, &wire.started, &wire.completed),
        }
    }
}

impl Operation {
    /// The operation for a reader: id, status, when it was requested, summary.
    pub(super) fn row(&self, id: &str) -> Vec<String> {
        [id, &self.status, &self.timing.enqueued, &self.summary].map(str::to_owned).to_vec()
    }

    /// Name, status, times and units only: parameters, results, logs and messages can hold passwords.
    pub(super) fn without_content(mut wire: OperationResult) -> Self {
        for one in &mut wire.actions {
            one.log.clear();
            one.output.clear();
            one.message.clear();
            one.action.iter_mut().for_each(|action| action.parameters.clear());
        }
        let mut operation = Self::of(wire);
        operation.fail.clear();
        operation.error.clear();
        if let Some(Value::Object(action)) = &mut operation.action {
            action.remove("parameters");
        }
        operation
    }
}

fn timing(enqueued: &str, started: &str, completed: &str) -> Timing {
    Timing { enqueued: go_timestamp(enqueued), started: go_timestamp(started), completed: go_timestamp(completed) }
}

fn task(wire: &ActionResult, named: bool) -> Option<(String, Task)> {
    let action = wire.action.as_ref()?;
    let task = Task {
        name: if named { action.name.clone() } else { String::new() },
        host: id(&action.receiver),
        status: wire.status.clone(),
        timing: timing(&wire.enqueued, &wire.started, &wire.completed),
        log: wire.log.iter().map(|line| format!("{} {}", go_timestamp(&line.timestamp), line.message)).collect(),
        message: wire.message.clone(),
        results: wire.output.clone(),
    };
    Some((id(&action.tag), task))
}
