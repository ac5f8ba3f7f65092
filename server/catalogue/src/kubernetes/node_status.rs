//! `get_node_status`: nodes with their conditions, capacity and taints.

use std::sync::Arc;

use chrono::Utc;
use kubernetes::{age, object, quantity, usage, well_known};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    place::{Place, TOOLSET, check_names},
    shown::{Shown, or_dash},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `get_node_status`.
pub(super) struct GetNodeStatus;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// default: all
    node: Option<String>,
    instance: String,
}

impl Command for GetNodeStatus {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "get-node-status";
    const TOOL_NAME: Option<&'static str> = Some("get_node_status");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Shows nodes with conditions, capacity, taints and pods.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("items");

    fn validate(args: &Args) -> Result<(), String> {
        match &args.node {
            Some(node) => check_names("", &[("node", node)]),
            None => Ok(()),
        }
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, "").await?;
        place.require_cluster("nodes")?;
        let nodes = match &args.node {
            Some(node) => vec![place.find(&well_known::NODES, node).await?],
            None => place.session.list(&well_known::NODES, place.all()).await?.items,
        };
        let pods = place.session.list(&well_known::PODS, place.all()).await?.items;
        let metrics = place.session.list_optional(&well_known::NODE_METRICS, place.all()).await?;
        let usage = usage::of_nodes(&nodes, &pods, metrics.as_deref());
        let columns = ["NAME", "STATUS", "ROLES", "AGE", "VERSION", "CPU", "MEMORY", "PODS", "PRESSURE", "TAINTS"];
        let (mut shown, now) = (Shown::new(&columns, "no nodes"), Utc::now());
        let ready = nodes.iter().filter(|node| object::is_condition_true(node, "Ready")).count();
        shown.line(format!("{} nodes, {ready} ready", nodes.len())).fact("nodes", nodes.len()).fact("ready", ready);
        for node in &nodes {
            let name = object::name(node);
            let used = usage.iter().find(|one| one.name == name);
            shown.row(cells(node, used, now), data(node, used));
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}

fn cells(node: &Value, used: Option<&usage::Usage>, now: chrono::DateTime<Utc>) -> Vec<String> {
    let allocatable = usage::Amount::from_list(node.pointer("/status/allocatable"));
    let text = |pointer: &str| object::text(node, pointer);
    vec![
        object::name(node).to_owned(),
        status(node),
        or_dash(&roles(node).join(",")),
        age::age(node, now),
        text("/status/nodeInfo/kubeletVersion").to_owned(),
        quantity::cpu(allocatable.cpu),
        quantity::memory(allocatable.memory),
        format!("{}/{}", used.map_or(0, |used| used.pods), or_dash(text("/status/allocatable/pods"))),
        or_dash(&pressures(node).join(",")),
        or_dash(&taints(node).join(",")),
    ]
}

fn data(node: &Value, used: Option<&usage::Usage>) -> Value {
    let conditions = object::items(node, "/status/conditions").iter().map(
        |one| json!({"type": one["type"], "status": one["status"], "reason": one["reason"], "message": one["message"]}),
    );
    json!({"name": object::name(node), "status": status(node), "roles": roles(node), "taints": taints(node),
        "conditions": conditions.collect::<Vec<_>>(), "capacity": node.pointer("/status/capacity"),
        "allocatable": node.pointer("/status/allocatable"), "addresses": node.pointer("/status/addresses"),
        "info": node.pointer("/status/nodeInfo"), "usage": used})
}

/// `Ready,SchedulingDisabled`, as `kubectl` prints it.
fn status(node: &Value) -> String {
    let ready = match object::condition(node, "Ready").map(|one| object::text(one, "/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let cordoned = node.pointer("/spec/unschedulable").is_some_and(|value| *value == Value::Bool(true));
    format!("{ready}{}", if cordoned { ",SchedulingDisabled" } else { "" })
}

fn roles(node: &Value) -> Vec<String> {
    let labels = object::members(node, "/metadata/labels");
    labels.filter_map(|(key, _)| key.strip_prefix("node-role.kubernetes.io/")).map(str::to_owned).collect()
}

fn pressures(node: &Value) -> Vec<String> {
    let bad = |one: &&Value| object::text(one, "/type") != "Ready" && object::text(one, "/status") == "True";
    object::items(node, "/status/conditions")
        .iter()
        .filter(bad)
        .map(|one| object::text(one, "/type").to_owned())
        .collect()
}

fn taints(node: &Value) -> Vec<String> {
    let text = |taint: &Value| {
        let value = object::text(taint, "/value");
        let value = if value.is_empty() { String::new() } else { format!("={value}") };
        format!("{}{value}:{}", object::text(taint, "/key"), object::text(taint, "/effect"))
    };
    object::items(node, "/spec/taints").iter().map(text).collect()
}
