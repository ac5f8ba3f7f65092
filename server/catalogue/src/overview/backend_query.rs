//! `backend_query`: a query in the backend's own terms.

use std::sync::Arc;

use backend::{Backend, BackendQuery};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `backend_query`.
pub(crate) struct BackendQueryTool;

/// What to ask which backend.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// `prometheus`, `loki`, ...
    backend: String,
    /// in its own terms, `query_range`
    method: String,
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    instance: Option<String>,
}

impl Command for BackendQueryTool {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "backend-query";
    const TOOL_NAME: Option<&'static str> = Some("backend_query");
    const TOOLSET: &'static str = "overview";
    const DESCRIPTION: &'static str =
        "Sends a read in a backend's own terms, and returns its answer. The tools of the backend give shorter answers.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const MIN_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    fn effect(args: &Self::Args) -> Effect {
        // lines of logs and objects of clusters are content; numbers and names are not
        if matches!(args.backend.as_str(), "prometheus" | "alertmanager") { Effect::Read } else { Effect::Sensitive }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let backends = target.backends();
        let of_kind = |one: &&dyn Backend| one.kind().word() == args.backend;
        let named = |one: &&dyn Backend| args.instance.as_deref().is_none_or(|name| one.name() == name);
        let backend = backends.iter().filter(of_kind).find(named).ok_or_else(|| unknown(&args, &target))?;
        let query = BackendQuery {
            method: args.method.clone(),
            params: args.params.clone(),
            model_uuid: target.limiting_model()?.map(str::to_owned),
        };
        Ok(backend.query(&query).await?)
    }
}

/// Why there is no such backend.
fn unknown(args: &Args, target: &ResolvedTarget) -> Failure {
    let names: Vec<String> =
        target.backends().iter().map(|one| format!("{} `{}`", one.kind().word(), one.name())).collect();
    let known = if names.is_empty() { "no backend is configured".to_owned() } else { names.join(", ") };
    let wanted = match &args.instance {
        Some(instance) => format!("{} `{instance}`", args.backend),
        None => format!("`{}`", args.backend),
    };
    Failure::refused(format!("there is no backend {wanted}"), format!("configured: {known}"))
}
