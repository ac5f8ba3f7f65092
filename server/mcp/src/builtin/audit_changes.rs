//! The built-in tool that lists who changed what, from the audit ledger.

use catalogue::Catalogue;
use dispatch::ChangesQuery;
use futures::future::BoxFuture;
use policy::Effect;
use rmcp::model::CallToolResponse;
use serde_json::json;

use super::tool::{BuiltinTool, Descriptor, run_builtin_tool};
use crate::call_context::CallContext;

/// `audit_changes`.
pub(crate) struct AuditChanges;

impl BuiltinTool for AuditChanges {
    fn name(&self) -> &'static str {
        dispatch::CHANGES_TOOL
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        Descriptor {
            description: "Lists who changed what through this server, from its audit ledger, denied and failed \
                          operations included."
                .to_owned(),
            input: json!({"type": "object", "properties": {
                "model": {"type": "string", "description": "[controller:][owner/]name; default: all models"},
                "caller": {"type": "string", "description": "Subject or e-mail; default: all callers"},
                "days": {"type": "integer", "minimum": 1, "maximum": 3650,
                    "description": "Number of days to look back; default: 7"},
                "limit": {"type": "integer", "minimum": 1, "maximum": 500,
                    "description": "Maximum number of changes, newest first; default: 50"},
                "format": {"type": "string", "enum": ["concise", "detailed", "json"], "default": "concise"},
                "cursor": {"type": "string"}},
                "additionalProperties": false}),
            effect: Effect::Sensitive,
        }
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let list = async move |query: ChangesQuery| {
            dispatch::changes(&context.services.dispatcher, context.caller, &query).await
        };
        Box::pin(async move { run_builtin_tool(dispatch::CHANGES_TOOL, context, list).await.into() })
    }
}
