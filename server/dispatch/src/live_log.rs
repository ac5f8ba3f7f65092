//! The latest lines of a model's log as a resource: an act of the caller, as a call of the tool that shows the log.

use catalogue::{Answer, Failure, ResolvedTarget};
use chrono::Utc;
use futures::FutureExt as _;
use identity::Caller;
use serde_json::{Map, Value, json};

use crate::{Call, Dispatcher, ReadSource, RefusedCall, Reply, execute};

/// The tool that shows the log.
const LOG_TOOL: &str = "juju_debug_log";
/// Lines of the log.
const MAX_LINES: u32 = 100;

/// Reads the latest lines of the log of a model, the oldest first, as JSON.
///
/// # Errors
/// The refusal.
pub async fn read_log(
    dispatcher: &Dispatcher,
    caller: &Caller,
    controller: &str,
    model: &str,
    trace: Option<String>,
) -> Result<Reply, RefusedCall> {
    let arguments: Map<String, Value> = [("controller", controller), ("model", model)]
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .into_iter()
        .collect();
    let source = ReadSource::new(|target| async move { latest_lines(&target).await }.boxed());
    let call = Call { trace, source: Some(source), ..Call::new(LOG_TOOL, arguments) };
    execute(dispatcher, caller, call).await
}

async fn latest_lines(target: &ResolvedTarget) -> Result<Answer, Failure> {
    let lines = target.latest_log(MAX_LINES).await?;
    let mut value = json!({"lines": lines, "as_of": Utc::now()});
    let removed = content::clean_value(&mut value);
    Ok(Answer { text: value.to_string(), value, removed })
}
