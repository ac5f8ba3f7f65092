//! The built-in tool that explains one command.

use catalogue::Catalogue;
use futures::future::BoxFuture;
use policy::Effect;
use rmcp::model::{CallToolResponse, CallToolResult};
use serde::Deserialize;
use serde_json::json;

use super::{
    names::{FIND_COMMAND, HELP},
    tool::{BuiltinTool, Descriptor, parse_arguments},
};
use crate::{call_context::CallContext, help::help_on, reply};

/// `juju_help`.
pub(crate) struct Help;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    command: String,
}

impl BuiltinTool for Help {
    fn name(&self) -> &'static str {
        HELP
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        Descriptor {
            description: "Explains one Juju command: arguments with bounds, effect, roles, examples.".to_owned(),
            input: json!({"type": "object", "properties": {
                "command": {"type": "string", "description": "e.g. `add-unit`"}},
                "required": ["command"], "additionalProperties": false}),
            effect: Effect::Read,
        }
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let result = explain(context);
        Box::pin(async move { result.into() })
    }
}

fn explain(context: CallContext<'_>) -> CallToolResult {
    let Arguments { command } = match parse_arguments(context.arguments()) {
        Ok(arguments) => arguments,
        Err(sentence) => return reply::failed(sentence, reply::INVALID_ARGUMENTS),
    };
    let command = command.trim().trim_start_matches("juju ");
    let dispatcher = &context.services.dispatcher;
    let policy = dispatcher.policy.current();
    let rights = policy.permissions(context.caller);
    let found = dispatcher.catalogue.get(command);
    let visible = found.filter(|tool| tool.check_visibility(&rights).is_ok());
    if let Some(tool) = visible {
        return reply::trusted(help_on(&dispatcher.catalogue, tool, &policy));
    }
    let near = dispatcher.catalogue.nearest_command(command).filter(|_| found.is_none());
    let near = near.map(|near| format!(", the nearest is `{near}`")).unwrap_or_default();
    let sentence = format!("there is no command `{command}` for you{near}: search for it with {FIND_COMMAND}");
    reply::failed(sentence, "unknown_tool")
}
