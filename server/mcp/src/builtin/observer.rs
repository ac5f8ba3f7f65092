//! The built-in tools of the observer: findings, the diagnosis of a model, baselines, and plans of maintenance.

use catalogue::Catalogue;
use dispatch::{BaselineQuery, DiagnoseQuery, ExplainQuery, FindingsQuery, PlansQuery, SaveBaselineQuery};
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
/// `observer_save_baseline`.
pub(crate) struct SaveBaseline;
/// `observer_baseline`.
pub(crate) struct ShowBaseline;
/// `maintenance_plans`.
pub(crate) struct MaintenancePlans;

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

impl BuiltinTool for SaveBaseline {
    fn name(&self) -> &'static str {
        dispatch::SAVE_BASELINE_TOOL
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        let description = "Saves the state of a model, or a bundle, as its baseline: what differs later is a finding. \
                           Changes nothing in the model.";
        Descriptor {
            description: description.to_owned(),
            input: json!({"type": "object", "properties": {
                "model": {"type": "string"},
                "bundle": {"type": "string", "maxLength": 262_144, "description": "YAML; default: the present state"},
                "change": {"type": "string", "enum": ["save", "remove"]}},
                "required": ["model"], "additionalProperties": false}),
            effect: Effect::Write,
        }
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let save = async move |query: SaveBaselineQuery| {
            dispatch::save_baseline(&context.services.dispatcher, context.caller, &query).await
        };
        Box::pin(async move { run_builtin_tool(dispatch::SAVE_BASELINE_TOOL, context, save).await.into() })
    }
}

impl BuiltinTool for ShowBaseline {
    fn name(&self) -> &'static str {
        dispatch::BASELINE_TOOL
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        descriptor(
            "Compares a model with its baseline: options, revisions, relations, constraints, exposure.",
            json!({"type": "object", "properties": {
                "model": {"type": "string"},
                "show": {"type": "string", "enum": ["differences", "baseline"]},
                "format": {"type": "string", "enum": ["concise", "detailed", "json"]},
                "cursor": {"type": "string"}},
                "required": ["model"], "additionalProperties": false}),
        )
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let show = async move |query: BaselineQuery| {
            dispatch::baseline(&context.services.dispatcher, context.caller, &query).await
        };
        Box::pin(async move { run_builtin_tool(dispatch::BASELINE_TOOL, context, show).await.into() })
    }
}

impl BuiltinTool for MaintenancePlans {
    fn name(&self) -> &'static str {
        dispatch::PLANS_TOOL
    }

    fn descriptor(&self, _: &Catalogue) -> Descriptor {
        descriptor(
            "Lists stored plans of pending upgrades: the next window, the calls to make, the way back.",
            json!({"type": "object", "properties": {
                "model": {"type": "string", "description": "Default: all"},
                "format": {"type": "string", "enum": ["concise", "detailed", "json"]},
                "cursor": {"type": "string"}},
                "additionalProperties": false}),
        )
    }

    fn call<'call>(&self, context: CallContext<'call>) -> BoxFuture<'call, CallToolResponse> {
        let list = async move |query: PlansQuery| {
            dispatch::maintenance_plans(&context.services.dispatcher, context.caller, &query).await
        };
        Box::pin(async move { run_builtin_tool(dispatch::PLANS_TOOL, context, list).await.into() })
    }
}
