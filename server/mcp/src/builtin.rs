//! The built-in tools: tools of this server that are no Juju commands. A new one is a file in `builtin/` and a line in
//! [`BUILTIN_TOOLS`].

mod audit_changes;
mod find_command;
mod validate_action;
mod wrapped_command;

use std::time::Instant;

use catalogue::Catalogue;
use dispatch::{Refusal, Reply};
use futures::future::BoxFuture;
use policy::Effect;
use rmcp::model::{CallToolResponse, CallToolResult};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    call::{CallContext, ResolvedCall},
    reply,
};

pub(crate) use wrapped_command::RUN_COMMAND;

/// Every built-in tool.
pub(crate) const BUILTIN_TOOLS: [&dyn BuiltinTool; 5] = [
    &audit_changes::AuditChanges,
    &find_command::FindCommand,
    &wrapped_command::ReadCommand,
    &wrapped_command::RunCommand,
    &validate_action::ValidateAction,
];

/// A tool of this server that is no Juju command.
pub(crate) trait BuiltinTool: Send + Sync {
    /// The tool's name.
    fn name(&self) -> &'static str;

    /// The tool as `tools/list` describes it.
    fn descriptor(&self, catalogue: &Catalogue) -> Descriptor;

    /// The command that a call with these arguments runs; `None` if the tool runs no command. Policy, ledger, limits and
    /// metrics see this command and not the built-in tool.
    ///
    /// # Errors
    /// One sentence, if the arguments are invalid.
    fn wrapped_command(&self, _arguments: &Map<String, Value>) -> Result<Option<ResolvedCall>, String> {
        Ok(None)
    }

    /// Answers a call.
    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse>;
}

/// How `tools/list` describes a built-in tool.
pub(crate) struct Descriptor {
    pub(crate) description: String,
    pub(crate) input: Value,
    pub(crate) output: Value,
    /// The strongest effect that a call can have.
    pub(crate) effect: Effect,
}

/// The built-in tool of this name.
pub(crate) fn find_builtin_tool(name: &str) -> Option<&'static dyn BuiltinTool> {
    BUILTIN_TOOLS.into_iter().find(|tool| tool.name() == name)
}

/// Parses the arguments of a built-in tool.
///
/// # Errors
/// One sentence, if they do not match the tool's schema.
fn parse_arguments<Arguments: DeserializeOwned>(arguments: Map<String, Value>) -> Result<Arguments, String> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| format!("the arguments are invalid: {error}"))
}

/// Runs a built-in tool whose answer comes from the dispatcher: parses the arguments, enforces the tool's limits, records
/// metrics.
async fn run_builtin_tool<Arguments: DeserializeOwned, Work: Future<Output = Result<Reply, Refusal>>>(
    name: &str,
    context: CallContext<'_>,
    work: impl FnOnce(Arguments) -> Work,
) -> CallToolResult {
    let arguments = match parse_arguments(context.arguments()) {
        Ok(arguments) => arguments,
        Err(sentence) => return reply::failed(sentence, reply::INVALID_ARGUMENTS),
    };
    let _slot = match context.server.acquire(name, context.caller).await {
        Ok(slot) => slot,
        Err(limited) => return limited,
    };
    let started = Instant::now();
    let result = work(arguments).await;
    context.server.metrics.call_ended(name, reply::outcome_label(&result), started.elapsed());
    reply::from_result(result)
}
