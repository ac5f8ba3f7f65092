//! Measures of acts of other MCP servers, which only `validate_action` evaluates: no tool of this server takes such arguments.
//!
//! Kubernetes objects are in `manifest`, `pod_spec` or `spec`, as text or as data; sizes are in `node_count`, `gpu_enabled`
//! and the like.

use std::collections::BTreeSet;

use serde_json::Value;

use super::value::{MeasureValue, listed};
use crate::{Act, selector::EvaluationInput};

/// Arguments that contain a number of machines or nodes.
const NODE_ARGUMENTS: [&str; 4] = ["num_machines", "node_count", "num_nodes", "nodes"];
/// Arguments that skip safety checks.
const FORCE_ARGUMENTS: [&str; 8] =
    ["force", "no_wait", "destroy_storage", "release_storage", "no_prompt", "no_drain", "ignore_errors", "force_units"];
/// Number of machines that the impact states, or of nodes among the arguments of an act without an impact.
pub(super) fn machines_added(act: &Act) -> u64 {
    let nodes = || NODE_ARGUMENTS.iter().find_map(|name| act.arguments[*name].as_u64()).unwrap_or(0);
    if act.impact.is_empty() { nodes() } else { act.impact.machines_added }
}

/// Arguments that skip safety checks, as the impact states them or, for an act of another server, by their names.
pub(super) fn skipped_checks(act: &Act) -> BTreeSet<String> {
    let named = FORCE_ARGUMENTS.iter().filter(|name| act.arguments[**name] == true).map(|name| (*name).to_owned());
    act.impact.skipped_checks.iter().cloned().chain(named).collect()
}

/// Instance type among the arguments.
pub(super) fn instance_type(arguments: &Value) -> Option<String> {
    arguments["instance_type"].as_str().map(str::to_owned)
}

/// Whether the arguments or the manifest request GPUs.
pub(super) fn gpu(input: &EvaluationInput<'_>) -> MeasureValue {
    let arguments = &input.act.arguments;
    let counted = ["gpu_count", "gpus"].iter().any(|name| arguments[*name].as_f64().is_some_and(|count| count > 0.0));
    if arguments["gpu_enabled"] == true || counted {
        return MeasureValue::Flag(true, "GPU requested".to_owned());
    }
    match in_pods(input, gpu_containers) {
        MeasureValue::Absent => MeasureValue::Flag(false, String::new()),
        other => other,
    }
}

/// Applies a search to the pods of the manifest: absent without a manifest, unknown if the manifest cannot be parsed.
pub(super) fn in_pods(input: &EvaluationInput<'_>, search: fn(&[Value]) -> Vec<String>) -> MeasureValue {
    match input.manifest.pods(&input.act.arguments) {
        Ok(None) => MeasureValue::Absent,
        Ok(Some(pods)) => listed(&search(pods)),
        Err(unknown) => MeasureValue::Unknown(unknown.clone()),
    }
}

/// All containers of a pod, init containers and ephemeral containers included.
fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .filter_map(|name| pod[name].as_array())
        .flatten()
}

/// Names of containers without a limit for CPU or memory.
pub(super) fn without_limits(pods: &[Value]) -> Vec<String> {
    let limited = |container: &Value| {
        let limits = &container["resources"]["limits"];
        !limits["cpu"].is_null() && !limits["memory"].is_null()
    };
    containers_that(pods, |_, container| !limited(container))
}

/// Names of containers with full access to their host.
pub(super) fn privileged(pods: &[Value]) -> Vec<String> {
    containers_that(pods, |_, container| {
        let context = &container["securityContext"];
        let added = context["capabilities"]["add"].as_array().into_iter().flatten();
        let admin = added.filter_map(Value::as_str).any(|name| matches!(name, "ALL" | "SYS_ADMIN" | "CAP_SYS_ADMIN"));
        context["privileged"] == true || admin
    })
}

/// Names of containers that run as root, or do not exclude it.
pub(super) fn run_as_root(pods: &[Value]) -> Vec<String> {
    containers_that(pods, |pod, container| {
        let setting = |name: &str| {
            [&container["securityContext"][name], &pod["securityContext"][name]]
                .into_iter()
                .find(|value| !value.is_null())
                .cloned()
        };
        let user = setting("runAsUser").and_then(|user| user.as_u64());
        user == Some(0) || (setting("runAsNonRoot") != Some(Value::Bool(true)) && user.is_none())
    })
}

/// Names of the host namespaces that pods share.
pub(super) fn host_namespaces(pods: &[Value]) -> Vec<String> {
    let shared = |pod: &Value| {
        let names = ["hostNetwork", "hostPID", "hostIPC"].into_iter();
        names.filter(|name| pod[*name] == true).map(str::to_owned).collect::<Vec<_>>()
    };
    pods.iter().flat_map(shared).collect()
}

/// Images without a tag, or with the tag `latest`.
pub(super) fn unpinned_images(pods: &[Value]) -> Vec<String> {
    let images = pods.iter().flat_map(containers).filter_map(|container| container["image"].as_str());
    let unpinned = |image: &&str| {
        let name = image.rsplit('/').next().unwrap_or(image);
        !image.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest" || tag.is_empty())
    };
    images.filter(unpinned).map(str::to_owned).collect()
}

/// Names of containers that request GPUs.
fn gpu_containers(pods: &[Value]) -> Vec<String> {
    containers_that(pods, |_, container| {
        let requests = |part: &str| {
            container["resources"][part]
                .as_object()
                .is_some_and(|map| map.keys().any(|name| name.ends_with("/gpu") || name.starts_with("nvidia.com/")))
        };
        requests("limits") || requests("requests")
    })
}

fn containers_that(pods: &[Value], test: impl Fn(&Value, &Value) -> bool) -> Vec<String> {
    let names = |pod: &Value| {
        let found = containers(pod).filter(|container| test(pod, container));
        found.map(|container| container["name"].as_str().unwrap_or("unnamed").to_owned()).collect::<Vec<_>>()
    };
    pods.iter().flat_map(names).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::manifest::Manifest;

    const MANIFEST: &str = "
apiVersion: v1
kind: Service
spec: {ports: [{port: 80}]}
---
kind: Deployment
spec:
  template:
    spec:
      hostPID: true
      initContainers:
        - {name: first, image: 'registry.example:5000/tool'}
      containers:
        - name: web
          image: nginx:1.29
          resources: {limits: {cpu: '1', memory: 1Gi}, requests: {nvidia.com/gpu: 1}}
          securityContext: {privileged: true, runAsNonRoot: true}
";

    #[test]
    fn pods_are_found_in_several_documents_and_at_any_depth() {
        let manifest = Manifest::default();
        let arguments = json!({"manifest": MANIFEST});
        let pods = manifest.pods(&arguments).expect("valid YAML").expect("a manifest");
        assert_eq!(pods.len(), 1);
        assert_eq!(without_limits(pods), ["first"]);
        assert_eq!(privileged(pods), ["web"]);
        assert_eq!(run_as_root(pods), ["first"]);
        assert_eq!(host_namespaces(pods), ["hostPID"]);
        assert_eq!(unpinned_images(pods), ["registry.example:5000/tool"]);
        assert_eq!(gpu_containers(pods), ["web"]);
    }
}
