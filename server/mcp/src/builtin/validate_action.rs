//! The built-in tool that evaluates an operation against the policy without running it.

use catalogue::Catalogue;
use futures::future::BoxFuture;
use policy::Effect;
use rmcp::model::CallToolResponse;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::tool::{BuiltinTool, Descriptor, run_builtin_tool};
use crate::call_context::CallContext;

const NAME: &str = "validate_action";

/// `validate_action`.
pub(crate) struct ValidateAction;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    action: Action,
}

/// The operation: the name of its tool, and beside it the arguments of that tool.
#[derive(Debug, Deserialize)]
struct Action {
    /// Named `type` as in the requirement's example `{"type": "create_cluster", "node_count": 15}`.
    #[serde(rename = "type")]
    tool: String,
    #[serde(flatten)]
    arguments: Map<String, Value>,
}

impl BuiltinTool for ValidateAction {
    fn name(&self) -> &'static str {
        NAME
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        Descriptor {
            description:
                "Reports whether policy allows an operation, warns, requires an approval or denies it, and why. \
                          Runs nothing."
                    .to_owned(),
            input: json!({"type": "object", "properties": {"action": {
                "type": "object", "description": "`type`: a tool or command; the other members: its arguments",
                "properties": {"type": {"type": "string"}}, "required": ["type"]}},
                "required": ["action"], "additionalProperties": false}),
            effect: Effect::Read,
        }
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let validate = async move |Arguments { action }: Arguments| {
            let tool = action.tool.trim().trim_start_matches("juju ");
            dispatch::validate(&context.services.dispatcher, context.caller, tool, action.arguments).await
        };
        Box::pin(async move { run_builtin_tool(NAME, context, validate).await.into() })
    }
}
