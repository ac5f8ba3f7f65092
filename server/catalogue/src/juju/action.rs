//! Commands about actions and the operations that they are part of.

pub mod cancel;
pub mod exec;
mod finish;
pub mod list;
pub mod operation;
pub mod operations;
pub mod run;
pub mod show_action;
pub mod show_operation;
pub mod show_task;

/// Refuses texts that are not ids of tasks: `12`, or the older form with a dash.
fn check_task_ids(argument: &str, ids: &[String]) -> Result<(), String> {
    let fits = |id: &&String| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match ids.iter().find(|id| !fits(id) || id.starts_with('-')) {
        Some(id) => Err(format!("`{argument}` has to be the id of a task like `12`, not: {id}")),
        None => Ok(()),
    }
}
