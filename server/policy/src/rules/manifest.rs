//! Kubernetes objects in an act's arguments: `manifest`, `pod_spec` or `spec`, as text or as data.

use serde::Deserialize as _;
use serde_json::Value;

/// Arguments that hold Kubernetes objects.
const ARGUMENTS: [&str; 3] = ["manifest", "pod_spec", "spec"];
/// Objects lie no deeper than a template in a template: a list of jobs is six deep.
const DEPTH: usize = 12;

/// Specifications of pods in the arguments; `None` where there is no manifest.
///
/// # Errors
/// Where a manifest cannot be read.
pub(crate) fn pods(arguments: &Value) -> Result<Option<Vec<Value>>, String> {
    let Some(manifest) = ARGUMENTS.iter().find_map(|name| arguments.get(*name)).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let documents = match manifest {
        Value::String(text) => {
            let read = serde_yaml::Deserializer::from_str(text).map(Value::deserialize).collect::<Result<Vec<_>, _>>();
            read.map_err(|error| format!("what the manifest holds: {error}"))?
        }
        data => vec![data.clone()],
    };
    let mut pods = Vec::new();
    for document in &documents {
        collect(document, DEPTH, &mut pods);
    }
    Ok(Some(pods))
}

fn collect(value: &Value, depth: usize, pods: &mut Vec<Value>) {
    match value {
        Value::Object(map) if map.get("containers").is_some_and(Value::is_array) => pods.push(value.clone()),
        Value::Object(map) if depth > 0 => map.values().for_each(|inner| collect(inner, depth - 1, pods)),
        Value::Array(items) if depth > 0 => items.iter().for_each(|inner| collect(inner, depth - 1, pods)),
        _ => {}
    }
}

/// All containers of a pod, those included that only run at its start.
pub(crate) fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["containers", "initContainers", "ephemeralContainers"]
        .into_iter()
        .filter_map(|name| pod[name].as_array())
        .flatten()
}

/// Names of containers without a limit for processor or memory.
pub(crate) fn unlimited(pods: &[Value]) -> Vec<String> {
    let limited = |container: &Value| {
        let limits = &container["resources"]["limits"];
        !limits["cpu"].is_null() && !limits["memory"].is_null()
    };
    named(pods, |_, container| !limited(container))
}

/// Names of containers that may do all that the machine may.
pub(crate) fn privileged(pods: &[Value]) -> Vec<String> {
    named(pods, |_, container| {
        let context = &container["securityContext"];
        let added = context["capabilities"]["add"].as_array().into_iter().flatten();
        let mighty = added.filter_map(Value::as_str).any(|name| matches!(name, "ALL" | "SYS_ADMIN" | "CAP_SYS_ADMIN"));
        context["privileged"] == true || mighty
    })
}

/// Names of containers that run as root, or do not say that they do not.
pub(crate) fn root(pods: &[Value]) -> Vec<String> {
    named(pods, |pod, container| {
        let said = |name: &str| {
            [&container["securityContext"][name], &pod["securityContext"][name]]
                .into_iter()
                .find(|value| !value.is_null())
                .cloned()
        };
        let user = said("runAsUser").and_then(|user| user.as_u64());
        user == Some(0) || (said("runAsNonRoot") != Some(Value::Bool(true)) && user.is_none())
    })
}

/// Names of the host's namespaces that pods share.
pub(crate) fn host_namespaces(pods: &[Value]) -> Vec<String> {
    let shared = |pod: &Value| {
        ["hostNetwork", "hostPID", "hostIPC"]
            .into_iter()
            .filter(|name| pod[*name] == true)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    pods.iter().flat_map(shared).collect()
}

/// Images without a tag, or with one that moves.
pub(crate) fn floating_images(pods: &[Value]) -> Vec<String> {
    let images = pods.iter().flat_map(containers).filter_map(|container| container["image"].as_str());
    let floats = |image: &&str| {
        let name = image.rsplit('/').next().unwrap_or(image);
        !image.contains('@') && name.split_once(':').is_none_or(|(_, tag)| tag == "latest" || tag.is_empty())
    };
    images.filter(floats).map(str::to_owned).collect()
}

/// Whether a container asks for a graphics processor.
pub(crate) fn gpu(pods: &[Value]) -> Vec<String> {
    named(pods, |_, container| {
        let asks = |part: &str| {
            container["resources"][part]
                .as_object()
                .is_some_and(|map| map.keys().any(|name| name.ends_with("/gpu") || name.starts_with("nvidia.com/")))
        };
        asks("limits") || asks("requests")
    })
}

fn named(pods: &[Value], test: impl Fn(&Value, &Value) -> bool) -> Vec<String> {
    let of = |pod: &Value| {
        let odd = containers(pod).filter(|container| test(pod, container));
        odd.map(|container| container["name"].as_str().unwrap_or("unnamed").to_owned()).collect::<Vec<_>>()
    };
    pods.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "
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
    fn pods_are_found_in_several_documents_and_wherever_they_lie() {
        let pods = pods(&json!({"manifest": TEXT})).expect("it can be read").expect("a manifest");
        assert_eq!(pods.len(), 1);
        assert_eq!(unlimited(&pods), ["first"]);
        assert_eq!(privileged(&pods), ["web"]);
        assert_eq!(root(&pods), ["first"]);
        assert_eq!(host_namespaces(&pods), ["hostPID"]);
        assert_eq!(floating_images(&pods), ["registry.example:5000/tool"]);
        assert_eq!(gpu(&pods), ["web"]);
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_harmless() {
        assert_eq!(pods(&json!({"num_units": 3})), Ok(None));
        assert!(pods(&json!({"manifest": "a: [1"})).is_err());
    }
}
