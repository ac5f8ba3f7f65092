//! `k8s_drain`: cordons a node and evicts its pods (`kubectl drain`).

use std::{sync::Arc, time::Duration};

use backend::BackendError;
use kubernetes::{PatchFormat, Selection, object, usage, well_known, workload_of};
use policy::{Effect, Impact, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    change::patch,
    place::{Place, TOOLSET, check_names},
};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope};

/// The tool `k8s_drain`.
pub(super) struct Drain;

/// Arguments.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    node: String,
    /// leave those of daemon sets
    #[serde(default)]
    ignore_daemonsets: bool,
    /// lose data in emptyDir volumes
    #[serde(default)]
    delete_emptydir_data: bool,
    /// delete pods that nothing replaces
    #[serde(default)]
    force: bool,
    /// how long to wait for budgets, `10m`
    #[schemars(extend("default" = "2m"))]
    timeout: Option<String>,
    #[serde(default)]
    instance: String,
}

impl Command for Drain {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "k8s-drain";
    const TOOL_NAME: Option<&'static str> = Some("k8s_drain");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Drains a node: cordons it and evicts its pods within their budgets.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;

    fn validate(args: &Args) -> Result<(), String> {
        limit(args.timeout.as_deref())?;
        check_names("", &[("node", &args.node)])
    }

    fn impact(args: &Args) -> Impact {
        Impact::default()
            .with_skipped_checks(&[("delete_emptydir_data", args.delete_emptydir_data), ("force", args.force)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        drain(args, target, true).await.map(Some)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Value, Failure> {
        drain(&args, &target, false).await
    }
}

/// Wait between two attempts to evict a pod that its budget protects.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(2);
const MAX_TIMEOUT: Duration = Duration::from_hours(1);

/// How long to wait for budgets.
fn limit(text: Option<&str>) -> Result<Duration, String> {
    let Some(text) = text else { return Ok(DEFAULT_TIMEOUT) };
    let fits = crate::juju::model::wait::duration(text).filter(|limit| *limit <= MAX_TIMEOUT);
    fits.ok_or_else(|| format!("`timeout` has to be like 90s or 10m, 1h at most, not: {text}"))
}

/// Pods of a node, by what a drain does with them.
#[derive(Debug, Default, PartialEq)]
struct DrainPlan {
    evicted: Vec<(String, String)>,
    ignored: Vec<String>,
    /// Why it cannot be done without another argument.
    problems: Vec<String>,
}

impl DrainPlan {
    fn new(pods: &[Value], args: &Args) -> Self {
        let mut plan = Self::default();
        for pod in pods.iter().filter(|pod| usage::is_active(pod)) {
            let (namespace, name) = (object::namespace(pod).to_owned(), object::name(pod).to_owned());
            let shown = format!("{namespace}/{name}");
            let has_data = object::items(pod, "/spec/volumes").iter().any(|volume| volume.get("emptyDir").is_some());
            let of_daemons = workload_of(pod).starts_with("DaemonSet/");
            if object::annotation(pod, "kubernetes.io/config.mirror").is_some() || of_daemons && args.ignore_daemonsets
            {
                plan.ignored.push(shown);
            } else if of_daemons {
                plan.problems.push(format!("{shown} belongs to a DaemonSet: `ignore_daemonsets`"));
            } else if object::controller(pod).is_none() && !args.force {
                plan.problems.push(format!("{shown} has no controller that replaces it: `force`"));
            } else if has_data && !args.delete_emptydir_data {
                plan.problems.push(format!("{shown} has data in an emptyDir volume: `delete_emptydir_data`"));
            } else {
                plan.evicted.push((namespace, name));
            }
        }
        plan
    }
}

async fn drain(args: &Args, target: &ResolvedTarget, dry_run: bool) -> Result<Value, Failure> {
    let place = Place::new(target, &args.instance, "").await?;
    place.require_cluster("nodes")?;
    let node = place.find(&well_known::NODES, &args.node).await?;
    let on_node = format!("spec.nodeName={}", args.node);
    let selection = Selection { fields: &on_node, ..Selection::default() };
    let pods = place.session.list(&well_known::PODS, selection).await?.items;
    let plan = DrainPlan::new(&pods, args);
    if !plan.problems.is_empty() {
        return Err(Failure::refused(
            plan.problems.join("; "),
            "set the arguments that are named, or remove these pods first",
        ));
    }
    patch(&place, &well_known::NODES, &node, PatchFormat::Merge, &json!({"spec": {"unschedulable": true}}), dry_run)
        .await?;
    let limit = limit(args.timeout.as_deref()).map_err(Failure::bad_argument)?;
    let end = tokio::time::Instant::now().checked_add(limit);
    let (mut done, mut blocked) = (Vec::new(), Vec::new());
    let total = f64::from(u32::try_from(plan.evicted.len()).unwrap_or(u32::MAX));
    for (namespace, name) in &plan.evicted {
        let shown = format!("{namespace}/{name}");
        match evict(&place, (namespace, name), dry_run, end).await? {
            None => done.push(shown.clone()),
            Some(reason) => blocked.push(format!("{shown}: {reason}")),
        }
        let count = f64::from(u32::try_from(done.len() + blocked.len()).unwrap_or(u32::MAX));
        target.report(count, Some(total), shown);
    }
    Ok(json!({"node": args.node, "evicted": done, "blocked": blocked, "ignored": plan.ignored}))
}

/// Evicts a pod; returns why its budget forbids it until the end.
async fn evict(
    place: &Place,
    (namespace, name): (&str, &str),
    dry_run: bool,
    end: Option<tokio::time::Instant>,
) -> Result<Option<String>, Failure> {
    loop {
        match place.session.evict(namespace, name, dry_run).await {
            // it has gone meanwhile
            Ok(_) | Err(BackendError::Refused { status: 404, .. }) => return Ok(None),
            Err(BackendError::Refused { status: 429, message, .. }) => {
                if dry_run || end.is_none_or(|end| tokio::time::Instant::now() >= end) {
                    return Ok(Some(message));
                }
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(name: &str, kind: &str, volumes: &Value) -> Value {
        let owners = if kind.is_empty() { json!([]) } else { json!([{"kind": kind, "name": "o", "controller": true}]) };
        json!({"metadata": {"name": name, "namespace": "shop", "ownerReferences": owners}, "spec": {"volumes": volumes},
            "status": {"phase": "Running"}})
    }

    #[test]
    fn drain_needs_arguments_for_pods_that_are_lost() {
        let pods = [
            pod("a", "StatefulSet", &json!([])),
            pod("b", "DaemonSet", &json!([])),
            pod("c", "", &json!([])),
            pod("d", "StatefulSet", &json!([{"name": "x", "emptyDir": {}}])),
        ];
        let args = |all: bool| {
            let arguments = json!({"node": "n", "ignore_daemonsets": all, "delete_emptydir_data": all, "force": all});
            serde_json::from_value::<Args>(arguments).expect("arguments")
        };
        let strict = DrainPlan::new(&pods, &args(false));
        assert_eq!((strict.evicted.len(), strict.problems.len()), (1, 3), "{strict:?}");
        let forced = DrainPlan::new(&pods, &args(true));
        assert_eq!((forced.evicted.len(), forced.ignored.len(), forced.problems.len()), (3, 1, 0), "{forced:?}");
    }
}
