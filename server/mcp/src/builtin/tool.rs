//! The interface of the built-in tools, and what they share.

use std::time::Instant;

use catalogue::Catalogue;
use dispatch::{Refusal, Reply};
use futures::future::BoxFuture;
use policy::Effect;
use rmcp::model::{CallToolResponse, CallToolResult};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{call_context::CallContext, reply, resolved_call::ResolvedCall};

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
    /// The strongest effect that a call can have.
    pub(crate) effect: Effect,
}

/// Parses the arguments of a built-in tool.
///
/// # Errors
/// One sentence, if they do not match the tool's schema.
pub(super) fn parse_arguments<Arguments: DeserializeOwned>(arguments: Map<String, Value>) -> Result<Arguments, String> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| format!("the arguments are invalid: {error}"))
}

/// Runs a built-in tool with an answer of the dispatcher: parses the arguments and records metrics.
pub(super) async fn run_builtin_tool<Arguments: DeserializeOwned, Work: Future<Output = Result<Reply, Refusal>>>(
    name: &str,
    context: CallContext<'_>,
    work: impl FnOnce(Arguments) -> Work,
) -> CallToolResult {
    let arguments = match parse_arguments(context.arguments()) {
        Ok(arguments) => arguments,
        Err(sentence) => return reply::failed(sentence, reply::INVALID_ARGUMENTS),
    };
    let started = Instant::now();
    let result = work(arguments).await;
    context.services.call_ended(name, context.caller, reply::outcome_label(result.as_ref()), started.elapsed());
    reply::from_result(result)
}
