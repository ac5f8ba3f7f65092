//! The tool that says who changed what.

use dispatch::Wanted;
use identity::Caller;
use policy::Effect;
use rmcp::model::CallToolResult;
use serde_json::{Map, Value, json};

use crate::{Server, trio::Described};

/// Its name.
pub(crate) const NAME: &str = dispatch::CHANGES;

/// The tool as clients see it.
pub(crate) fn described() -> Described {
    Described {
        name: NAME,
        description: "Says who changed what by way of this server, from its ledger: denied and failed acts too.",
        input: json!({"type": "object", "properties": {
            "model": {"type": "string", "description": "[controller:][owner/]name; all without"},
            "caller": {"type": "string", "description": "subject or e-mail; everybody without"},
            "days": {"type": "integer", "minimum": 1, "maximum": 3650, "description": "days back; 7 without"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 500, "description": "so many of the newest; 50 without"}},
            "additionalProperties": false}),
        output: json!({"type": "object", "properties": {
            "changes": {"type": "array"}, "older": {"type": "integer"}, "days": {"type": "integer"}}}),
        effect: Effect::Sensitive,
    }
}

impl Server {
    pub(crate) async fn changes(&self, caller: &Caller, arguments: Map<String, Value>) -> CallToolResult {
        let work = async |wanted: Wanted| dispatch::changes(&self.door, caller, &wanted).await;
        self.tell(NAME, caller, arguments, work).await
    }
}
