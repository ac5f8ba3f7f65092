//! What pods request, may use and use, compared with what nodes have.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::{
    object::{items, name, namespace, text},
    quantity,
};

/// CPUs and bytes of memory.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Amount {
    /// CPUs.
    pub cpu: f64,
    /// Bytes of memory.
    pub memory: f64,
}

impl Amount {
    /// The members `cpu` and `memory` of an object.
    #[must_use]
    pub fn from_list(list: Option<&Value>) -> Self {
        let one = |member: &str| quantity::of(list.and_then(|list| list.get(member)));
        Self { cpu: one("cpu"), memory: one("memory") }
    }

    fn add(&mut self, other: Self) {
        self.cpu += other.cpu;
        self.memory += other.memory;
    }

    fn max(self, other: Self) -> Self {
        Self { cpu: self.cpu.max(other.cpu), memory: self.memory.max(other.memory) }
    }

    fn plus(mut self, other: Self) -> Self {
        self.add(other);
        self
    }
}

/// What a node, a namespace or a cluster has and uses.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Usage {
    /// The node or the namespace.
    pub name: String,
    /// Pods that have not ended.
    pub pods: usize,
    /// What pods may take; absent for a namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocatable: Option<Amount>,
    /// What its pods reserve.
    pub requests: Amount,
    /// What its pods may use at most, where they have a limit.
    pub limits: Amount,
    /// What it uses; absent where no metrics server runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<Amount>,
}

/// What a pod requests or may use: the member of `resources` is `requests` or `limits` (`PodRequests` of Kubernetes).
#[must_use]
pub fn of_pod(pod: &Value, member: &str) -> Amount {
    let of_container = |container: &Value| Amount::from_list(container.pointer(&format!("/resources/{member}")));
    let mut total = Amount::default();
    for container in items(pod, "/spec/containers") {
        total.add(of_container(container));
    }
    let (mut sidecars, mut largest_start) = (Amount::default(), Amount::default());
    for container in items(pod, "/spec/initContainers") {
        let own = of_container(container);
        if text(container, "/restartPolicy") == "Always" {
            total.add(own);
            sidecars.add(own);
            largest_start = largest_start.max(sidecars);
        } else {
            largest_start = largest_start.max(sidecars.plus(own));
        }
    }
    let overhead = Amount::from_list(pod.pointer("/spec/overhead"));
    let has_any = total != Amount::default() || largest_start != Amount::default();
    let total = total.max(largest_start);
    if has_any || member == "requests" { total.plus(overhead) } else { total }
}

/// Whether a pod has not ended, so that it takes what it requests.
#[must_use]
pub fn is_active(pod: &Value) -> bool {
    !matches!(text(pod, "/status/phase"), "Succeeded" | "Failed")
}

/// Use of each node, in order.
#[must_use]
pub fn of_nodes(nodes: &[Value], pods: &[Value], metrics: Option<&[Value]>) -> Vec<Usage> {
    let mut by_node: BTreeMap<&str, Usage> = nodes
        .iter()
        .map(|node| {
            let allocatable = Some(Amount::from_list(node.pointer("/status/allocatable")));
            (name(node), Usage { name: name(node).to_owned(), allocatable, ..Usage::default() })
        })
        .collect();
    for pod in pods.iter().filter(|pod| is_active(pod)) {
        if let Some(usage) = by_node.get_mut(text(pod, "/spec/nodeName")) {
            usage.add_pod(pod);
        }
    }
    for one in metrics.into_iter().flatten() {
        if let Some(usage) = by_node.get_mut(name(one)) {
            usage.used = Some(Amount::from_list(one.get("usage")));
        }
    }
    by_node.into_values().collect()
}

/// Use of each namespace that has pods, the largest requests of memory first.
#[must_use]
pub fn of_namespaces(pods: &[Value], metrics: Option<&[Value]>) -> Vec<Usage> {
    let mut by_name: BTreeMap<&str, Usage> = BTreeMap::new();
    for pod in pods.iter().filter(|pod| is_active(pod)) {
        let name = namespace(pod);
        by_name.entry(name).or_insert_with(|| Usage { name: name.to_owned(), ..Usage::default() }).add_pod(pod);
    }
    for one in metrics.into_iter().flatten() {
        let containers = items(one, "/containers").iter().map(|container| Amount::from_list(container.get("usage")));
        if let Some(usage) = by_name.get_mut(namespace(one)) {
            let used = usage.used.get_or_insert_default();
            containers.for_each(|amount| used.add(amount));
        }
    }
    let mut all: Vec<Usage> = by_name.into_values().collect();
    all.sort_by(|one, other| other.requests.memory.total_cmp(&one.requests.memory));
    all
}

/// The sum of several, under a name.
#[must_use]
pub fn total(all: &[Usage], name: &str) -> Usage {
    let mut sum = Usage { name: name.to_owned(), ..Usage::default() };
    for one in all {
        sum.pods += one.pods;
        sum.requests.add(one.requests);
        sum.limits.add(one.limits);
        if let Some(allocatable) = one.allocatable {
            sum.allocatable.get_or_insert_default().add(allocatable);
        }
        if let Some(used) = one.used {
            sum.used.get_or_insert_default().add(used);
        }
    }
    sum
}

impl Usage {
    fn add_pod(&mut self, pod: &Value) {
        self.pods += 1;
        self.requests.add(of_pod(pod, "requests"));
        self.limits.add(of_pod(pod, "limits"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(namespace: &str, node: &str, phase: &str, cpu: &str, memory: &str) -> Value {
        json!({"metadata": {"name": "p", "namespace": namespace}, "status": {"phase": phase}, "spec": {"nodeName": node,
            "containers": [{"resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}}}]}})
    }

    #[test]
    fn use_of_nodes_and_namespaces_is_the_sum_of_their_active_pods() {
        let nodes = [json!({"metadata": {"name": "n1"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi"}}})];
        let pods = [
            pod("shop", "n1", "Running", "250m", "1Gi"),
            pod("shop", "n1", "Running", "1", "1Gi"),
            pod("jobs", "n1", "Succeeded", "3", "7Gi"),
        ];
        let metrics = [json!({"metadata": {"name": "n1"}, "usage": {"cpu": "500m", "memory": "2Gi"}})];
        let usage = &of_nodes(&nodes, &pods, Some(&metrics))[0];
        assert_eq!((usage.pods, usage.requests.cpu, usage.limits.memory), (2, 1.25, 2_147_483_648.0));
        assert_eq!(usage.used.map(|used| used.cpu), Some(0.5));
        let namespaces = of_namespaces(&pods, None);
        assert_eq!(namespaces.iter().map(|one| (&*one.name, one.pods)).collect::<Vec<_>>(), [("shop", 2)]);
        assert_eq!(total(&namespaces, "all").requests, usage.requests);
    }

    #[test]
    fn init_containers_count_as_the_scheduler_counts_them() {
        let mut own = pod("a", "n", "Running", "1", "1Gi");
        own["spec"]["initContainers"] = json!([
            {"resources": {"requests": {"cpu": "100m"}}, "restartPolicy": "Always"},
            {"resources": {"requests": {"cpu": "3"}}}]);
        own["spec"]["overhead"] = json!({"cpu": "50m"});
        assert!((of_pod(&own, "requests").cpu - 3.15).abs() < 1e-9);
    }
}
