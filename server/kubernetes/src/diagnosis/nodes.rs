//! Issues of nodes: not ready, under pressure, nearly full, cordoned.

use super::issue::{Issue, Severity, Snapshot, Thresholds, new_issue};
use crate::{
    object::{condition, items, name, text},
    quantity,
    usage::{Usage, of_nodes},
};

pub(super) fn issues(snapshot: &Snapshot, thresholds: &Thresholds) -> Vec<Issue> {
    let mut found = Vec::new();
    for node in &snapshot.nodes {
        let place = || ("", format!("Node/{}", name(node)));
        let ready = condition(node, "Ready");
        if ready.is_none_or(|ready| text(ready, "/status") != "True") {
            let evidence = ready.map_or("it has no condition Ready", |ready| text(ready, "/message"));
            let advice = "check the kubelet and the network of the node; its pods are moved after five minutes";
            found.push(new_issue(Severity::Critical, "node_not_ready", place(), vec![evidence.to_owned()], advice));
            continue;
        }
        let pressures = items(node, "/status/conditions").iter().filter(|one| {
            text(one, "/status") == "True"
                && (text(one, "/type").ends_with("Pressure") || text(one, "/type") == "NetworkUnavailable")
        });
        let pressures: Vec<String> =
            pressures.map(|one| format!("{}: {}", text(one, "/type"), text(one, "/message"))).collect();
        if !pressures.is_empty() {
            let advice = "free what the node lacks, or move pods away with k8s_drain; pods may be evicted from it";
            found.push(new_issue(Severity::Warning, "node_pressure", place(), pressures, advice));
        }
        if node.pointer("/spec/unschedulable").is_some_and(|value| value == true) {
            let evidence = vec!["new pods are not scheduled on it".to_owned()];
            found.push(new_issue(
                Severity::Info,
                "node_cordoned",
                place(),
                evidence,
                "uncordon it with k8s_cordon when its maintenance has ended",
            ));
        }
    }
    let usage = of_nodes(&snapshot.nodes, &[], snapshot.node_metrics.as_deref());
    found.extend(usage.iter().flat_map(|one| issues_of_use(one, thresholds)));
    found
}

fn issues_of_use(usage: &Usage, thresholds: &Thresholds) -> Vec<Issue> {
    let (Some(used), Some(allocatable)) = (usage.used, usage.allocatable) else { return Vec::new() };
    let measured = [
        ("cpu_use", "CPU", quantity::percent(used.cpu, allocatable.cpu), thresholds.cpu),
        ("memory_use", "memory", quantity::percent(used.memory, allocatable.memory), thresholds.memory),
    ];
    let issue_of = |(kind, what, percent, threshold): (&'static str, &str, f64, super::issue::Threshold)| {
        let severity = threshold.severity(percent)?;
        let evidence = format!(
            "{percent:.0} % of the {what} is used; warning from {:.0} %, critical from {:.0} %",
            threshold.warning, threshold.critical
        );
        let advice = "find the largest pods with get_resource_usage; add a node, or lower what they use";
        Some(new_issue(severity, kind, ("", format!("Node/{}", usage.name)), vec![evidence], advice))
    };
    measured.into_iter().filter_map(issue_of).collect()
}
