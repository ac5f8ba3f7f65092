//! Tools that go on after their call: the tasks extension.

use std::time::Duration;

use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolResponse, CallToolResult, CreateTaskResult},
    service::RequestContext,
    task_manager::{TaskContext, TaskExit, TaskManager, TaskOptions},
};
use serde_json::{Value, json};

use crate::{
    ask::field,
    handler::{parsed, result, text_result},
    rounds::{Returned, elicit, questions},
};

/// Answers a tool of this kind, where `tool` is one.
pub(crate) async fn call(
    tool: &str,
    arguments: &Value,
    returned: &Returned,
    tasks: &TaskManager,
    context: &RequestContext<RoleServer>,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let works = ["slow_compute", "failing_job", "protocol_error_job", "confirm_delete", "multi_input"];
    let able = context.client_capabilities().is_some_and(|declared| declared.supports_tasks());
    match tool {
        "greet" => {
            let name = arguments["name"].as_str().unwrap_or("stranger");
            Some(text_result(&format!("Hello, {name}!")).map(Into::into))
        }
        "slow_compute" if !able => Some(pause(arguments).await.map(Into::into)),
        "failing_job" | "test_tool_with_task" if !able => {
            let needed = rmcp::model::ClientCapabilities::builder().enable_tasks().build();
            Some(Err(ErrorData::missing_required_client_capability(needed)))
        }
        "test_tool_with_task" => Some(match returned.accepted("user_name", "name") {
            None => questions(json!({"user_name": elicit(&field("What is your name?", "name", "string"))}), None)
                .map(Into::into),
            Some(name) => Ok(begin(tasks, move |_| async move {
                text_result(&format!("Worked for {name}.")).map_err(TaskExit::Error)
            })),
        }),
        _ if works.contains(&tool) => {
            let (tool, arguments) = (tool.to_owned(), arguments.clone());
            Some(Ok(begin(tasks, move |task| async move { work(&tool, &arguments, task).await })))
        }
        _ => None,
    }
}

fn begin<Work>(tasks: &TaskManager, work: impl FnOnce(TaskContext) -> Work) -> CallToolResponse
where
    Work: Future<Output = Result<CallToolResult, TaskExit>> + Send + 'static,
{
    let options = TaskOptions::new().with_poll_interval_ms(200);
    CreateTaskResult::new(tasks.spawn(options, |task| Box::pin(work(task)))).into()
}

async fn pause(arguments: &Value) -> Result<CallToolResult, ErrorData> {
    let seconds = arguments["seconds"].as_f64().unwrap_or(0.0).clamp(0.0, 120.0);
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    text_result(&format!("Computed for {seconds} s."))
}

async fn work(tool: &str, arguments: &Value, task: TaskContext) -> Result<CallToolResult, TaskExit> {
    match tool {
        "slow_compute" => tokio::select! {
            done = pause(arguments) => done.map_err(TaskExit::Error),
            () = task.cancelled() => Err(TaskExit::Cancelled),
        },
        "failing_job" => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            result(json!({"isError": true, "content": [{"type": "text", "text": "The job failed."}]}))
                .map_err(TaskExit::Error)
        }
        "confirm_delete" => {
            let question = elicit(&field("Delete the file?", "confirm", "boolean"));
            let answer = task.request_input("confirm", parsed(question)?).await?;
            text_result(&format!("The user answered: {answer}")).map_err(TaskExit::Error)
        }
        "multi_input" => {
            let ask = |name: &str| parsed(elicit(&field("Which one?", name, "string")));
            let (first, second) = (ask("first")?, ask("second")?);
            let (first, second) =
                tokio::try_join!(task.request_input("first", first), task.request_input("second", second))?;
            text_result(&format!("The user answered: {first}, {second}")).map_err(TaskExit::Error)
        }
        _ => Err(TaskExit::Error(ErrorData::internal_error("the job broke", None))),
    }
}
