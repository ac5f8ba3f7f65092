//! The latest lines of a model's log as a resource: an act of the caller, as a call of the tool that shows the log.

use std::sync::Arc;

use catalogue::{Answer, Failure, ResolvedTarget};
use chrono::Utc;
use futures::FutureExt as _;
use identity::Caller;
use logs::{LogFilter, LogReader, LoggedModel};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::{Call, Dispatcher, ReadSource, Refusal, RefusedCall, Reply, execute};

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

/// Follows the log of a model from now on, for a notice of each new line. It is an act as a read of the log.
///
/// # Errors
/// The refusal.
pub async fn follow_log(
    dispatcher: &Dispatcher,
    caller: &Caller,
    controller: &str,
    model: &str,
) -> Result<LogReader, RefusedCall> {
    let slot = Arc::new(Mutex::new(None));
    let (filled, logs) = (Arc::clone(&slot), dispatcher.logs.clone());
    let role = dispatcher.policy.current().permissions(caller).strongest_role().map(ToOwned::to_owned);
    let source = ReadSource::new(move |target| {
        let (filled, logs, role) = (Arc::clone(&filled), logs.clone(), role.clone());
        async move {
            // who may not read the log does not follow it
            let answer = latest_lines(&target).await?;
            let location = target.location();
            let (controller, uuid) =
                (location.controller().unwrap_or_default(), location.model_uuid().unwrap_or_default());
            let logged = LoggedModel { role, controller: controller.to_owned(), uuid: uuid.to_owned() };
            let reader = logs.follow(logged, LogFilter::default());
            let reader = reader.map_err(|many| Failure::refused(many.to_string(), "end other subscriptions"))?;
            *filled.lock() = Some(reader);
            Ok(answer)
        }
        .boxed()
    });
    let arguments = [("controller", controller), ("model", model)].map(|(name, value)| (name.to_owned(), json!(value)));
    let call = Call { source: Some(source), ..Call::new(LOG_TOOL, arguments.into_iter().collect()) };
    execute(dispatcher, caller, call).await?;
    let reader = slot.lock().take();
    reader.ok_or_else(|| Refusal::from(Failure::refused("the log is not followed", "subscribe again")).into())
}

async fn latest_lines(target: &ResolvedTarget) -> Result<Answer, Failure> {
    let lines = target.latest_log(MAX_LINES).await?;
    let mut value = json!({"lines": lines, "as_of": Utc::now()});
    let removed = content::clean_value(&mut value);
    Ok(Answer { text: value.to_string(), value, removed })
}
