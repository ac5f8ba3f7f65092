//! `get_resource_usage`: requests, limits and use, compared with what nodes have.

use std::sync::Arc;

use kubernetes::{
    quantity,
    usage::{self, Usage},
    well_known,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    place::{Place, TOOLSET, check_names, entities},
    shown::Shown,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `get_resource_usage`.
pub(super) struct GetResourceUsage;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// default: all
    namespace: String,
    instance: String,
}

impl Command for GetResourceUsage {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "get-resource-usage";
    const TOOL_NAME: Option<&'static str> = Some("get_resource_usage");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Shows requests, limits and use of CPU and memory by node and namespace.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let pods = place.session.list(&well_known::PODS, place.all()).await?;
        let pod_metrics = place.session.list_optional(&well_known::POD_METRICS, place.all()).await?;
        let columns = [
            "WHAT",
            "NAME",
            "PODS",
            "CPU REQUESTS",
            "CPU LIMITS",
            "CPU USED",
            "MEMORY REQUESTS",
            "MEMORY LIMITS",
            "MEMORY USED",
        ];
        let mut shown = Shown::new(&columns, "no pods");
        shown.note_cut(pods.is_cut);
        if pod_metrics.is_none() {
            shown.line("no metrics server: use is unknown").fact("metrics", false);
        }
        if place.namespace.is_none() {
            let nodes = place.session.list(&well_known::NODES, place.all()).await?.items;
            let metrics = place.session.list_optional(&well_known::NODE_METRICS, place.all()).await?;
            let by_node = usage::of_nodes(&nodes, &pods.items, metrics.as_deref());
            add(&mut shown, "cluster", &usage::total(&by_node, "all nodes"));
            for one in &by_node {
                add(&mut shown, "node", one);
            }
        }
        let by_namespace = usage::of_namespaces(&pods.items, pod_metrics.as_deref());
        for one in &by_namespace {
            add(&mut shown, "namespace", one);
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}

/// Adds a row; percentages are of what is allocatable.
fn add(shown: &mut Shown, what: &str, usage: &Usage) {
    let share = |text: String, part: f64, whole: Option<f64>| match whole {
        Some(whole) => format!("{text} ({:.0}%)", quantity::percent(part, whole)),
        None => text,
    };
    let cpu =
        |amount: usage::Amount| share(quantity::cpu(amount.cpu), amount.cpu, usage.allocatable.map(|all| all.cpu));
    let memory = |amount: usage::Amount| {
        share(quantity::memory(amount.memory), amount.memory, usage.allocatable.map(|all| all.memory))
    };
    let cells = vec![
        what.to_owned(),
        usage.name.clone(),
        usage.pods.to_string(),
        cpu(usage.requests),
        cpu(usage.limits),
        usage.used.map_or_else(|| "-".to_owned(), cpu),
        memory(usage.requests),
        memory(usage.limits),
        usage.used.map_or_else(|| "-".to_owned(), memory),
    ];
    let mut data = json!(usage);
    data["what"] = what.into();
    shown.row(cells, data);
}
