//! Kinds of objects that a cluster serves: found by any name that `kubectl` accepts, and the paths of their objects.

use std::borrow::Cow;

use serde_json::Value;

use crate::object::{items, text};

/// The header `Accept` that requests all kinds of a cluster in one answer.
pub(crate) const ACCEPT_DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

/// A kind of objects that a cluster serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// Its API group; empty for the core.
    pub group: Cow<'static, str>,
    /// The version of the group.
    pub version: Cow<'static, str>,
    /// Its name in paths, `deployments`.
    pub plural: Cow<'static, str>,
    /// Its name in objects, `Deployment`.
    pub kind: Cow<'static, str>,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// Other names: the singular and the short names.
    pub other_names: Vec<String>,
    /// What can be done with it: `list`, `patch`.
    pub verbs: Vec<String>,
}

impl ResourceType {
    /// A kind of Kubernetes itself in version 1 of its group.
    const fn well_known(group: &'static str, plural: &'static str, kind: &'static str, namespaced: bool) -> Self {
        Self::built_in(group, "v1", plural, kind, namespaced)
    }

    const fn built_in(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        kind: &'static str,
        namespaced: bool,
    ) -> Self {
        Self {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            plural: Cow::Borrowed(plural),
            kind: Cow::Borrowed(kind),
            namespaced,
            other_names: Vec::new(),
            verbs: Vec::new(),
        }
    }

    /// `v1`, `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_string() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Its full name, `deployments.apps`.
    #[must_use]
    pub fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.to_string() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The path of its objects, or of one of them. Names have to be checked: [`is_name`].
    #[must_use]
    pub fn path(&self, namespace: Option<&str>, name: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api/" } else { "/apis/" };
        let namespace = namespace.filter(|_| self.namespaced).map(|namespace| format!("/namespaces/{namespace}"));
        let name = name.map(|name| format!("/{name}")).unwrap_or_default();
        format!("{root}{}{}/{}{name}", self.api_version(), namespace.unwrap_or_default(), self.plural)
    }
}

/// Kinds that the tools use by themselves.
pub mod well_known {
    use super::ResourceType;

    /// Pods.
    pub const PODS: ResourceType = ResourceType::well_known("", "pods", "Pod", true);
    /// Nodes.
    pub const NODES: ResourceType = ResourceType::well_known("", "nodes", "Node", false);
    /// Namespaces.
    pub const NAMESPACES: ResourceType = ResourceType::well_known("", "namespaces", "Namespace", false);
    /// Services.
    pub const SERVICES: ResourceType = ResourceType::well_known("", "services", "Service", true);
    /// Events.
    pub const EVENTS: ResourceType = ResourceType::well_known("", "events", "Event", true);
    /// Claims of volumes.
    pub const CLAIMS: ResourceType =
        ResourceType::well_known("", "persistentvolumeclaims", "PersistentVolumeClaim", true);
    /// Deployments.
    pub const DEPLOYMENTS: ResourceType = ResourceType::well_known("apps", "deployments", "Deployment", true);
    /// Stateful sets.
    pub const STATEFUL_SETS: ResourceType = ResourceType::well_known("apps", "statefulsets", "StatefulSet", true);
    /// Daemon sets.
    pub const DAEMON_SETS: ResourceType = ResourceType::well_known("apps", "daemonsets", "DaemonSet", true);
    /// Jobs.
    pub const JOBS: ResourceType = ResourceType::well_known("batch", "jobs", "Job", true);
    /// Addresses behind services.
    pub const ENDPOINT_SLICES: ResourceType =
        ResourceType::well_known("discovery.k8s.io", "endpointslices", "EndpointSlice", true);
    /// Use of nodes, where a metrics server runs.
    pub const NODE_METRICS: ResourceType = metrics("nodes", "NodeMetrics", false);
    /// Use of pods, where a metrics server runs.
    pub const POD_METRICS: ResourceType = metrics("pods", "PodMetrics", true);

    const fn metrics(plural: &'static str, kind: &'static str, namespaced: bool) -> ResourceType {
        ResourceType::built_in("metrics.k8s.io", "v1beta1", plural, kind, namespaced)
    }
}

/// The kinds of an answer to aggregated discovery, preferred versions first.
#[must_use]
pub fn parse_discovery(answer: &Value) -> Vec<ResourceType> {
    let mut found = Vec::new();
    for group in items(answer, "/items") {
        for version in items(group, "/versions") {
            for resource in items(version, "/resources") {
                let list = |member: &str| items(resource, member).iter().filter_map(Value::as_str).map(str::to_owned);
                let one = |pointer: &str| Cow::Owned(text(resource, pointer).to_owned());
                let singular = text(resource, "/singularResource").to_owned();
                found.push(ResourceType {
                    group: Cow::Owned(text(group, "/metadata/name").to_owned()),
                    version: Cow::Owned(text(version, "/version").to_owned()),
                    plural: one("/resource"),
                    kind: one("/responseKind/kind"),
                    namespaced: text(resource, "/scope") == "Namespaced",
                    other_names: list("/shortNames").chain(Some(singular).filter(|name| !name.is_empty())).collect(),
                    verbs: list("/verbs").collect(),
                });
            }
        }
    }
    found
}

/// The kind that a name means: `deploy`, `Deployment`, `deployments.apps`, `deployments.v1.apps`, `apps/v1/Deployment`.
#[must_use]
pub fn find_type<'t>(types: &'t [ResourceType], wanted: &str) -> Option<&'t ResourceType> {
    let is_named = |one: &ResourceType, name: &str| {
        let names = [&*one.plural, &*one.kind].into_iter().chain(one.other_names.iter().map(String::as_str));
        names.into_iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    if let Some((api_version, kind)) = wanted.rsplit_once('/') {
        return types.iter().find(|one| one.api_version() == api_version && is_named(one, kind));
    }
    // the core and the built-in groups come first in an answer, as `kubectl` prefers them
    types.iter().find(|one| is_named(one, wanted)).or_else(|| {
        let (name, rest) = wanted.split_once('.')?;
        let belongs_to_group = |one: &&ResourceType| {
            let versioned =
                rest.split_once('.').is_some_and(|(version, group)| version == one.version && group == one.group);
            is_named(one, name) && (rest == one.group || versioned)
        };
        types.iter().find(belongs_to_group)
    })
}

/// Whether a text can be the name of an object, and a part of a path.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'_');
    !name.is_empty() && name.len() <= 253 && name.bytes().all(fine) && name.bytes().any(|byte| byte != b'.')
}

/// Whether a text can be the name of a namespace.
#[must_use]
pub fn is_namespace(name: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 63 && name.bytes().all(fine) && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn types() -> Vec<ResourceType> {
        let resource = |plural: &str, kind: &str, short: &[&str], scope: &str| {
            json!({"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "shortNames": short,
                "singularResource": kind.to_lowercase(), "verbs": ["get", "list"]})
        };
        let group = |name: &str, version: &str, resources: Value| json!({"metadata": {"name": name}, "versions": [{"version": version, "resources": resources}]});
        parse_discovery(&json!({"items": [
            group("", "v1", json!([resource("pods", "Pod", &["po"], "Namespaced"), resource("nodes", "Node", &["no"], "Cluster"),
                resource("events", "Event", &["ev"], "Namespaced")])),
            group("apps", "v1", json!([resource("deployments", "Deployment", &["deploy"], "Namespaced")])),
            group("events.k8s.io", "v1", json!([resource("events", "Event", &["ev"], "Namespaced")])),
            group("shop.example", "v1alpha1", json!([resource("carts", "Cart", &[], "Namespaced")])),
        ]}))
    }

    #[test]
    fn kind_is_found_by_the_names_that_kubectl_accepts() {
        let types = types();
        let found = |name: &str| find_type(&types, name).map(|one| format!("{}/{}", one.api_version(), one.plural));
        for name in ["po", "pod", "pods", "Pod", "PODS", "v1/Pod"] {
            assert_eq!(found(name).as_deref(), Some("v1/pods"), "{name}");
        }
        for name in ["deploy", "deployments.apps", "deployments.v1.apps", "apps/v1/Deployment", "deployment.apps"] {
            assert_eq!(found(name).as_deref(), Some("apps/v1/deployments"), "{name}");
        }
        assert_eq!(found("events").as_deref(), Some("v1/events"));
        assert_eq!(found("events.events.k8s.io").as_deref(), Some("events.k8s.io/v1/events"));
        assert_eq!(found("carts.shop.example").as_deref(), Some("shop.example/v1alpha1/carts"));
        for name in ["", "x", "pods.apps", "apps/v2/Deployment"] {
            assert_eq!(found(name), None, "{name}");
        }
    }

    #[test]
    fn path_has_the_namespace_of_namespaced_kinds_only() {
        assert_eq!(well_known::PODS.path(Some("shop"), Some("web-1")), "/api/v1/namespaces/shop/pods/web-1");
        assert_eq!(well_known::DEPLOYMENTS.path(None, None), "/apis/apps/v1/deployments");
        assert_eq!(well_known::NODES.path(Some("shop"), None), "/api/v1/nodes");
        assert_eq!(well_known::NODE_METRICS.path(None, None), "/apis/metrics.k8s.io/v1beta1/nodes");
    }

    #[test]
    fn name_that_leaves_its_path_is_none() {
        for name in ["", "..", ".", "a/b", "a?b", "a%2f", "a b", &"x".repeat(254)] {
            assert!(!is_name(name) && !is_namespace(name), "{name}");
        }
        assert!(
            is_name("system:node-1.eu_a") && is_namespace("kube-system") && !is_namespace("-a") && !is_namespace("A")
        );
    }
}
