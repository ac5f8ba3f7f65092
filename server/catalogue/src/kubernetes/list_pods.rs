//! `list_pods`: pods as `kubectl get pods -o wide` shows them, with their units; unhealthy ones first.

use std::sync::Arc;

use chrono::Utc;
use kubernetes::{PodState, age, juju, object, well_known};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    place::{Place, TOOLSET, check_names, entities},
    shown::{Shown, or_dash},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `list_pods`.
pub(super) struct ListPods;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Args {
    /// default: all
    namespace: String,
    /// `app=web`
    label_selector: String,
    /// `status.phase=Pending`
    field_selector: String,
    instance: String,
}

impl Command for ListPods {
    type Args = Args;
    type Output = Shown;

    const COMMAND: &'static str = "list-pods";
    const TOOL_NAME: Option<&'static str> = Some("list_pods");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists pods with state, restarts and Juju unit, unhealthy first.";
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
        let selection =
            kubernetes::Selection { labels: &args.label_selector, fields: &args.field_selector, ..place.all() };
        let listing = place.session.list(&well_known::PODS, selection).await?;
        Ok(shown(&listing.items, listing.is_cut, Utc::now()))
    }

    fn concise(answer: &mut Shown, filter: &Filter) -> Option<Concise> {
        Some(answer.concise(filter))
    }
}

fn shown(pods: &[Value], is_cut: bool, now: chrono::DateTime<Utc>) -> Shown {
    let mut shown = Shown::new(&["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "NODE", "UNIT"], "no pods");
    let mut rows: Vec<(bool, &Value, PodState)> = pods
        .iter()
        .map(|pod| {
            let state = PodState::new(pod);
            (state.is_healthy(), pod, state)
        })
        .collect();
    rows.sort_by_key(|(healthy, pod, _)| (*healthy, object::namespace(pod).to_owned(), object::name(pod).to_owned()));
    let healthy = rows.iter().filter(|(healthy, ..)| *healthy).count();
    let namespaces: std::collections::BTreeSet<&str> = pods.iter().map(object::namespace).collect();
    if !pods.is_empty() {
        let unhealthy = rows.len() - healthy;
        shown.line(format!(
            "{} pods in {} namespaces: {healthy} healthy, {unhealthy} not",
            rows.len(),
            namespaces.len()
        ));
        shown.fact("pods", rows.len()).fact("namespaces", namespaces.len()).fact("healthy", healthy);
    }
    shown.note_cut(is_cut);
    for (healthy, pod, state) in rows {
        let (namespace, name) = (object::namespace(pod), object::name(pod));
        let (ready, node, unit) =
            (format!("{}/{}", state.ready, state.containers), object::text(pod, "/spec/nodeName"), juju::unit(pod));
        let data = json!({"namespace": namespace, "name": name, "phase": object::text(pod, "/status/phase"), "status": state.status,
            "ready": ready, "restarts": state.restarts, "healthy": healthy, "created": object::text(pod, "/metadata/creationTimestamp"),
            "node": node, "ip": object::text(pod, "/status/podIP"), "unit": unit, "workload": kubernetes::workload_of(pod)});
        let cells = vec![
            namespace.to_owned(),
            name.to_owned(),
            ready,
            state.status.clone(),
            state.restarts_text(now),
            age::age(pod, now),
            or_dash(node),
            or_dash(unit.as_deref().unwrap_or_default()),
        ];
        shown.row(cells, data);
    }
    shown
}
