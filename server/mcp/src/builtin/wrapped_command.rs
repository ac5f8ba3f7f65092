//! The built-in tools that run a command by its name: one for commands that change nothing, one for all.
//!
//! The command is resolved first: policy, ledger, limits and metrics see its name, never the names of these tools.

use catalogue::Catalogue;
use futures::future::BoxFuture;
use policy::Effect;
use rmcp::model::CallToolResponse;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    names::{READ_COMMAND, RUN_COMMAND},
    tool::{BuiltinTool, Descriptor, parse_arguments},
};
use crate::{call_context::CallContext, reply, resolved_call::ResolvedCall};

/// `juju_read_command`: runs a command that changes nothing.
pub(crate) struct ReadCommand;

/// `juju_run_command`: runs any command.
pub(crate) struct RunCommand;

/// Arguments of both tools.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrappedCall {
    command: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

impl BuiltinTool for ReadCommand {
    fn name(&self) -> &'static str {
        READ_COMMAND
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        descriptor("Runs a Juju command that changes nothing.", Effect::Read)
    }

    fn wrapped_command(&self, arguments: &Map<String, Value>) -> Result<Option<ResolvedCall>, String> {
        unwrap_command(arguments.clone(), true).map(Some)
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        Box::pin(run(context, true))
    }
}

impl BuiltinTool for RunCommand {
    fn name(&self) -> &'static str {
        RUN_COMMAND
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        let description = "Runs any Juju command, including those that change or destroy. Try `dry_run` first.";
        descriptor(description, Effect::Destructive)
    }

    fn wrapped_command(&self, arguments: &Map<String, Value>) -> Result<Option<ResolvedCall>, String> {
        unwrap_command(arguments.clone(), false).map(Some)
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        Box::pin(run(context, false))
    }
}

fn descriptor(description: &str, effect: Effect) -> Descriptor {
    Descriptor {
        description: description.to_owned(),
        input: json!({"type": "object", "properties": {
            "command": {"type": "string", "description": "Name from juju_find_command, e.g. `show-unit`"},
            "arguments": {"type": "object", "description": "As in the command's schema"}},
            "required": ["command"], "additionalProperties": false}),
        effect,
    }
}

fn unwrap_command(arguments: Map<String, Value>, read_only: bool) -> Result<ResolvedCall, String> {
    let WrappedCall { command, arguments } = parse_arguments(arguments)?;
    let tool = command.trim().trim_start_matches("juju ").to_owned();
    Ok(ResolvedCall { tool, arguments, read_only })
}

async fn run(context: CallContext<'_>, read_only: bool) -> CallToolResponse {
    match unwrap_command(context.arguments(), read_only) {
        Ok(resolved) => context.dispatch(resolved).await,
        Err(sentence) => reply::failed(sentence, reply::INVALID_ARGUMENTS).into(),
    }
}
