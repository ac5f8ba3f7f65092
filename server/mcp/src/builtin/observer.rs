//! The built-in tools of the observer: its findings, the explanation of one, and the diagnosis of a model.

use catalogue::Catalogue;
use dispatch::{DiagnoseQuery, ExplainQuery, FindingsQuery};
use futures::future::BoxFuture;
use policy::Effect;
use rmcp::model::CallToolResponse;
use serde_json::{Value, json};

use super::tool::{BuiltinTool, Descriptor, run_builtin_tool};
use crate::call_context::CallContext;

/// `observer_findings`.
pub(crate) struct ObserverFindings;
/// `observer_explain`.
pub(crate) struct ObserverExplain;
/// `diagnose_model`.
pub(crate) struct DiagnoseModel;

fn descriptor(description: &str, input: Value) -> Descriptor {
    Descriptor { description: description.to_owned(), input, effect: Effect::Read }
}

impl BuiltinTool for ObserverFindings {
    fn name(&self) -> &'static str {
        dispatch::FINDINGS_TOOL
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        descriptor(
            "Lists what the observer has detected to be wrong or about to go wrong, roots first.",
            json!({"type": "object", "properties": {
                "model": {"type": "string", "description": "Default: all"},
                "severity": {"type": "string", "enum": ["info", "warning", "critical"]},
                "state": {"type": "string", "enum": ["open", "all"]},
                "format": {"type": "string", "enum": ["concise", "detailed", "json"]},
                "cursor": {"type": "string"}},
                "additionalProperties": false}),
        )
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let list = async move |query: FindingsQuery| {
            dispatch::findings(&context.services.dispatcher, context.caller, &query).await
        };
        Box::pin(async move { run_builtin_tool(dispatch::FINDINGS_TOOL, context, list).await.into() })
    }
}

impl BuiltinTool for ObserverExplain {
    fn name(&self) -> &'static str {
        dispatch::EXPLAIN_TOOL
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        descriptor(
            "Explains a finding: evidence, cause, root, consequences and the call that helps.",
            json!({"type": "object", "properties": {"id": {"type": "string"}, "cursor": {"type": "string"}},
                "required": ["id"], "additionalProperties": false}),
        )
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let explain = async move |query: ExplainQuery| {
            dispatch::explain(&context.services.dispatcher, context.caller, &query).await
        };
        Box::pin(async move { run_builtin_tool(dispatch::EXPLAIN_TOOL, context, explain).await.into() })
    }
}

impl BuiltinTool for DiagnoseModel {
    fn name(&self) -> &'static str {
        dispatch::DIAGNOSE_TOOL
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        descriptor(
            "Diagnoses a model: root causes with evidence, what follows from them, and what to do.",
            json!({"type": "object", "properties": {"model": {"type": "string"}, "cursor": {"type": "string"}},
                "required": ["model"], "additionalProperties": false}),
        )
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let diagnose = async move |query: DiagnoseQuery| {
            dispatch::diagnose(&context.services.dispatcher, context.caller, &query).await
        };
        Box::pin(async move { run_builtin_tool(dispatch::DIAGNOSE_TOOL, context, diagnose).await.into() })
    }
}
