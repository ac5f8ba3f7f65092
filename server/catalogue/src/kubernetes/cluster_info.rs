//! `get_cluster_info`: version, endpoint and inventory of a cluster, and the Juju controllers and models in it.

use std::sync::Arc;

use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use kubernetes::{juju, object, well_known};
use serde_json::json;

use super::{
    place::{Place, TOOLSET, check_names, entities},
    shown::Shown,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `get_cluster_info`.
pub(super) struct GetClusterInfo;

/// Kinds that are counted.
const COUNTED: [kubernetes::ResourceType; 7] = [
    well_known::DEPLOYMENTS,
    well_known::STATEFUL_SETS,
    well_known::DAEMON_SETS,
    well_known::JOBS,
    well_known::SERVICES,
    well_known::CLAIMS,
    well_known::NAMESPACES,
];

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// default: all
    namespace: String,
    instance: String,
}

impl Command for GetClusterInfo {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "get-cluster-info";
    const TOOL_NAME: Option<&'static str> = Some("get_cluster_info");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Shows version, endpoint, counts of objects and Juju models of a cluster.";
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
        let (session, cluster) = (&place.session, place.session.cluster());
        let mut shown = Shown::new(&["KIND", "COUNT", "DETAIL"], "");
        let (name, version, url) = (cluster.settings().name.clone(), cluster.version().await?, cluster.url().await?);
        shown.line(format!("cluster {name}: Kubernetes {version} at {url}"));
        shown.fact("cluster", name).fact("version", version).fact("endpoint", url);
        if let Some(namespace) = &place.namespace {
            shown.line(format!("counts of the namespace {namespace} only")).fact("namespace", namespace.clone());
        } else {
            let nodes = session.list(&well_known::NODES, place.all()).await?.items;
            let ready = nodes.iter().filter(|node| object::is_condition_true(node, "Ready")).count();
            shown.row(
                vec!["Node".into(), nodes.len().to_string(), format!("{ready} ready")],
                json!({"kind": "Node", "count": nodes.len(), "ready": ready}),
            );
        }
        let mut phases: BTreeMap<String, usize> = BTreeMap::new();
        let pods = session.list(&well_known::PODS, place.all()).await?.items;
        for pod in &pods {
            *phases.entry(object::text(pod, "/status/phase").to_owned()).or_default() += 1;
        }
        let detail: Vec<String> = phases.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
        shown.row(
            vec!["Pod".into(), pods.len().to_string(), detail.join(", ")],
            json!({"kind": "Pod", "count": pods.len(), "phases": phases}),
        );
        for kind in COUNTED.iter().filter(|kind| kind.namespaced || place.namespace.is_none()) {
            let objects = session.list(kind, place.all()).await?.items;
            let models: Vec<_> = objects.iter().filter_map(juju::model).collect();
            let detail = if models.is_empty() { String::new() } else { format!("{} of Juju models", models.len()) };
            shown.row(
                vec![kind.kind.to_string(), objects.len().to_string(), detail],
                json!({"kind": kind.kind, "count": objects.len()}),
            );
            if !models.is_empty() {
                let controllers: std::collections::BTreeSet<&str> =
                    models.iter().map(|model| &*model.controller_uuid).collect();
                let names: Vec<&str> = models.iter().map(|model| &*model.model).collect();
                shown.line(format!(
                    "Juju models: {}; controllers: {}",
                    names.join(", "),
                    controllers.into_iter().collect::<Vec<_>>().join(", ")
                ));
                shown.fact("juju_models", json!(models));
            }
        }
        Ok(shown)
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}
