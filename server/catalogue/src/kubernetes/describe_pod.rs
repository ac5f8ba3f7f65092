//! `describe_pod`: a pod with its containers, probes, conditions, volumes and events.

use std::sync::Arc;

use chrono::Utc;
use kubernetes::{PodState, Selection, age, juju, object, well_known};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    api::line_of_event,
    place::{Place, TOOLSET, check_names, entities},
    shown::masked,
};
use crate::{Command, Failure, ResolvedTarget, Scope};

/// The tool `describe_pod`.
pub(super) struct DescribePod;

/// Arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    name: String,
    /// default: that of the cluster
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    instance: String,
}

impl Command for DescribePod {
    type Args = Args;
    type Output = Value;

    const COMMAND: &'static str = "describe-pod";
    const TOOL_NAME: Option<&'static str> = Some("describe_pod");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Describes a pod: containers, images, probes, conditions, volumes, events.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        entities(&args.namespace)
    }

    fn validate(args: &Args) -> Result<(), String> {
        check_names(&args.namespace, &[("name", &args.name)])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let place = Place::new(&target, &args.instance, &args.namespace).await?;
        let pod = masked(place.find(&well_known::PODS, &args.name).await?);
        let namespace = object::namespace(&pod).to_owned();
        let fields = format!("involvedObject.kind=Pod,involvedObject.name={}", args.name);
        let selection = Selection { namespace: Some(&namespace), fields: &fields, labels: "" };
        let mut events = place.session.list_optional(&well_known::EVENTS, selection).await?.unwrap_or_default();
        events.sort_by_key(kubernetes::time_of_event);
        Ok(description(&pod, &events))
    }
}

fn description(pod: &Value, events: &[Value]) -> Value {
    let (now, state) = (Utc::now(), PodState::new(pod));
    let text = |pointer: &str| object::text(pod, pointer);
    let of_status = |kind: &str| object::items(pod, &format!("/status/{kind}"));
    let containers = |specs: &str, statuses: &str| -> Vec<Value> {
        let status = |name: &str| of_status(statuses).iter().find(|one| object::text(one, "/name") == name);
        object::items(pod, specs).iter().map(|spec| container(spec, status(object::text(spec, "/name")))).collect()
    };
    let conditions = of_status("conditions").iter().map(|one| {
        let (kind, status, reason) =
            (object::text(one, "/type"), object::text(one, "/status"), object::text(one, "/reason"));
        let details = [reason, object::text(one, "/message")].join(" ");
        format!("{kind}: {status} {}", details.trim()).trim_end().to_owned()
    });
    let events = events
        .iter()
        .map(|event| format!("{} ago: {}", age::since(kubernetes::time_of_event(event), now), line_of_event(event)));
    let mut description = json!({"name": object::name(pod), "namespace": object::namespace(pod), "unit": juju::unit(pod),
        "workload": kubernetes::workload_of(pod), "status": state.status, "ready": format!("{}/{}", state.ready, state.containers),
        "restarts": state.restarts_text(now), "age": age::age(pod, now), "node": text("/spec/nodeName"), "ip": text("/status/podIP"),
        "qos_class": text("/status/qosClass"), "service_account": text("/spec/serviceAccountName"),
        "priority_class": text("/spec/priorityClassName"), "message": text("/status/message"),
        "labels": pod.pointer("/metadata/labels"), "annotations": pod.pointer("/metadata/annotations"),
        "containers": containers("/spec/containers", "containerStatuses"),
        "init_containers": containers("/spec/initContainers", "initContainerStatuses"),
        "conditions": conditions.collect::<Vec<_>>(), "volumes": volumes(pod), "node_selector": pod.pointer("/spec/nodeSelector"),
        "tolerations": pod.pointer("/spec/tolerations"), "events": events.collect::<Vec<_>>()});
    remove_empty(&mut description);
    description
}

/// A container: what it runs, how it is checked, and how it is.
fn container(spec: &Value, status: Option<&Value>) -> Value {
    let status = status.unwrap_or(&Value::Null);
    let mut shown = json!({"name": spec["name"], "image": spec["image"], "command": spec.get("command"), "args": spec.get("args"),
        "ports": spec.get("ports"), "resources": spec.get("resources"), "env": spec.get("env"), "env_from": spec.get("envFrom"),
        "mounts": spec.get("volumeMounts"), "liveness": spec.get("livenessProbe"), "readiness": spec.get("readinessProbe"),
        "startup": spec.get("startupProbe"), "ready": status.get("ready"), "restarts": status.get("restartCount"),
        "state": status.get("state"), "last_state": status.get("lastState"), "image_id": status.get("imageID")});
    remove_empty(&mut shown);
    shown
}

/// Volumes by name, with the source of each.
fn volumes(pod: &Value) -> Map<String, Value> {
    let source = |volume: &Value| {
        let mut source = volume.clone();
        source.as_object_mut().map(|members| members.remove("name"));
        (object::text(volume, "/name").to_owned(), source)
    };
    object::items(pod, "/spec/volumes").iter().map(source).collect()
}

/// Removes members without content.
fn remove_empty(value: &mut Value) {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    if let Value::Object(members) = value {
        members.retain(|_, value| !is_empty(value));
    }
}
