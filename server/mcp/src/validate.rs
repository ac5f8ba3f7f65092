//! The tool that says what policy would say to an act, and does nothing.

use identity::Caller;
use policy::Effect;
use rmcp::model::CallToolResult;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{Server, trio::Described};

/// Its name.
pub(crate) const NAME: &str = "validate_action";

/// The tool as clients see it.
pub(crate) fn described() -> Described {
    Described {
        name: NAME,
        description: "Says whether policy would allow an act, warn, ask a human or deny, and why. Does nothing.",
        input: json!({"type": "object", "properties": {"action": {
            "type": "object", "description": "`type`: a tool or command; the rest: its arguments",
            "properties": {"type": {"type": "string"}}, "required": ["type"]}},
            "required": ["action"], "additionalProperties": false}),
        output: json!({"type": "object", "properties": {
            "allowed": {"type": "boolean"}, "requires_approval": {"type": "boolean"}, "reasons": {"type": "array"},
            "warnings": {"type": "array"}, "rules": {"type": "array"}}}),
        effect: Effect::Read,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    action: Action,
}

#[derive(Debug, Deserialize)]
struct Action {
    #[serde(rename = "type")]
    tool: String,
    #[serde(flatten)]
    arguments: Map<String, Value>,
}

impl Server {
    pub(crate) async fn validate(&self, caller: &Caller, arguments: Map<String, Value>) -> CallToolResult {
        let work = async |Asked { action: Action { tool, arguments } }: Asked| {
            let tool = tool.trim().trim_start_matches("juju ");
            dispatch::validate(&self.door, caller, tool, arguments).await
        };
        self.tell(NAME, caller, arguments, work).await
    }
}
