//! A task as the API shows it.

use juju_wire::{
    facade::action::actions::{Action, ActionResult},
    tag::Tag,
};

use crate::{
    go_time::{ZERO_TIME, format_time},
    state::Task,
};

/// The state of a task; the times of what has not happened yet are zero.
pub(super) fn task_result(task: &Task) -> ActionResult {
    let or_zero = |at: Option<_>| at.map_or_else(|| ZERO_TIME.to_owned(), format_time);
    ActionResult {
        action: Some(Action {
            tag: Tag::new("action", &task.id).to_string(),
            receiver: Tag::new("unit", &task.unit).to_string(),
            name: task.name.clone(),
            parameters: task.parameters.clone(),
            parallel: Some(task.name == "juju-exec"),
            execution_group: Some(String::new()),
        }),
        enqueued: format_time(task.enqueued),
        started: or_zero(task.started),
        completed: or_zero(task.completed),
        status: task.status.clone(),
        message: task.message.clone(),
        output: task.output.clone(),
        ..ActionResult::default()
    }
}
