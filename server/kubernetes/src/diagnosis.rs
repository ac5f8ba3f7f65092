//! The diagnosis of a cluster: issues with severity, evidence and recommendation, and a score by a published formula. A pure function
//! of objects: the same objects give the same diagnosis.

mod issue;
mod nodes;
mod pods;
mod workloads;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Serialize;

pub use self::issue::{Issue, Severity, Snapshot, Threshold, Thresholds, time_of_event, workload_of};

/// How a score is computed, for the reader of a diagnosis.
pub const SCORE_FORMULA: &str =
    "100 - 20 for each critical issue - 5 for each warning - 1 for each info (10 at most for all of them), not below 0";
const CRITICAL_COST: usize = 20;
const WARNING_COST: usize = 5;
const MAX_INFO_COST: usize = 10;
/// Pieces of evidence of one issue.
const MAX_EVIDENCE: usize = 5;

/// The diagnosis of a cluster or of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// From 0 to 100: [`SCORE_FORMULA`].
    pub score: usize,
    /// Issues, the worst first.
    pub issues: Vec<Issue>,
}

/// The diagnosis of a cluster or of a namespace. A problem that follows from another one is its evidence and no issue by itself: a
/// deployment below its size because its pods crash, an event about such a pod.
#[must_use]
pub fn diagnose(snapshot: &Snapshot, thresholds: &Thresholds, now: DateTime<Utc>) -> Diagnosis {
    let mut issues = nodes::issues(snapshot, thresholds);
    issues.extend(pods::issues(snapshot, thresholds, now));
    let explained = explained_objects(&issues);
    issues.extend(workloads::issues(snapshot, &explained));
    issues.extend(workloads::issues_of_claims(snapshot, now));
    let explained = explained_objects(&issues);
    issues.extend(workloads::issues_of_events(snapshot, &explained, now));
    for issue in &mut issues {
        issue.evidence.truncate(MAX_EVIDENCE);
        if let Some(unit) = issue.units.first() {
            let application = unit.split('/').next().unwrap_or(unit);
            issue.recommendation = format!(
                "{}; it belongs to Juju: see juju_show_status_log and juju_debug_log for {unit}, and change `{application}` with Juju's tools",
                issue.recommendation
            );
        }
    }
    issues.sort_by(|one, other| {
        (one.severity, &one.namespace, &one.object, one.kind).cmp(&(
            other.severity,
            &other.namespace,
            &other.object,
            other.kind,
        ))
    });
    Diagnosis { score: score(&issues), issues }
}

/// The score of issues: [`SCORE_FORMULA`].
fn score(issues: &[Issue]) -> usize {
    let count = |severity: Severity| issues.iter().filter(|issue| issue.severity == severity).count();
    let cost = count(Severity::Critical) * CRITICAL_COST
        + count(Severity::Warning) * WARNING_COST
        + count(Severity::Info).min(MAX_INFO_COST);
    100_usize.saturating_sub(cost)
}

/// Namespace and name of the objects that have a known trouble. A missing limit explains nothing.
fn explained_objects(issues: &[Issue]) -> BTreeSet<String> {
    let explaining = issues.iter().filter(|issue| issue.kind != "no_limits");
    explaining.map(|issue| format!("{}/{}", issue.namespace, issue.object)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{issue::new_issue, *};

    fn now() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-28T12:00:00Z").expect("a time").to_utc()
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers write the value in place")]
    fn pod(name: &str, owner: &str, status: Value) -> Value {
        json!({"kind": "Pod", "metadata": {"name": name, "namespace": "shop", "labels": {"pod-template-hash": "h1"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": format!("{owner}-h1"), "controller": true}]},
            "spec": {"containers": [{"name": "a", "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}}]}, "status": status})
    }

    fn healthy(name: &str, owner: &str) -> Value {
        pod(
            name,
            owner,
            json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "a", "ready": true, "restartCount": 0, "state": {"running": {}}}]}),
        )
    }

    fn crashing(name: &str, owner: &str) -> Value {
        pod(
            name,
            owner,
            json!({"phase": "Running", "containerStatuses": [{"name": "a", "ready": false, "restartCount": 12,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-11-28T11:58:00Z"}}}]}),
        )
    }

    fn pending(name: &str, owner: &str) -> Value {
        pod(
            name,
            owner,
            json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
            "reason": "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient memory."}]}),
        )
    }

    fn deployment(name: &str, desired: i64, ready: i64) -> Value {
        json!({"kind": "Deployment", "metadata": {"name": name, "namespace": "shop", "generation": 1}, "spec": {"replicas": desired},
            "status": {"observedGeneration": 1, "replicas": desired, "updatedReplicas": desired, "readyReplicas": ready,
                "availableReplicas": ready}})
    }

    fn kinds(diagnosis: &Diagnosis) -> Vec<String> {
        let line = |issue: &Issue| format!("{} {} {}", issue.severity.as_str(), issue.kind, issue.object);
        diagnosis.issues.iter().map(line).collect()
    }

    #[test]
    fn planted_problems_are_found_and_nothing_else() {
        let mut unlimited = healthy("c-1", "c");
        unlimited["spec"]["containers"][0]["resources"] = json!({});
        let event = json!({"type": "Warning", "reason": "BackOff", "message": "restarting", "lastTimestamp": "2026-11-28T11:59:00Z",
            "involvedObject": {"kind": "Pod", "name": "a-1", "namespace": "shop"}, "metadata": {"namespace": "shop"}});
        let snapshot = Snapshot {
            pods: vec![
                crashing("a-1", "a"),
                crashing("a-2", "a"),
                pending("b-1", "b"),
                healthy("b-2", "b"),
                unlimited,
                healthy("d-1", "d"),
            ],
            workloads: vec![deployment("a", 2, 0), deployment("b", 2, 1), deployment("c", 1, 1), deployment("d", 1, 1)],
            events: vec![event],
            ..Snapshot::default()
        };
        let diagnosis = diagnose(&snapshot, &Thresholds::default(), now());
        assert_eq!(
            kinds(&diagnosis),
            ["critical crash_loop Deployment/a", "warning unschedulable Deployment/b", "info no_limits Deployment/c",]
        );
        assert_eq!(diagnosis.score, 74);
        let crash = &diagnosis.issues[0];
        assert!(crash.evidence.iter().any(|line| line.contains("exit code 1")), "{crash:?}");
        assert!(crash.evidence.iter().any(|line| line.contains("event BackOff: restarting")), "{crash:?}");
        assert!(diagnosis.issues.iter().all(|issue| !issue.recommendation.is_empty()));
    }

    #[test]
    fn healthy_cluster_has_the_full_score() {
        let snapshot =
            Snapshot { pods: vec![healthy("a-1", "a")], workloads: vec![deployment("a", 1, 1)], ..Snapshot::default() };
        assert_eq!(diagnose(&snapshot, &Thresholds::default(), now()), Diagnosis { score: 100, issues: Vec::new() });
    }

    #[test]
    fn problems_of_nodes_jobs_claims_and_sizes_are_issues() {
        let node = |name: &str, conditions: Value| {
            json!({"metadata": {"name": name}, "status": {"conditions": conditions,
            "allocatable": {"cpu": "4", "memory": "8Gi"}}})
        };
        let ready = json!({"type": "Ready", "status": "True"});
        let snapshot = Snapshot {
            nodes: vec![
                node(
                    "n1",
                    json!([{"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting node status."}]),
                ),
                node("n2", json!([ready, {"type": "DiskPressure", "status": "True", "message": "disk is low"}])),
                node("n3", json!([ready])),
            ],
            node_metrics: Some(vec![json!({"metadata": {"name": "n3"}, "usage": {"cpu": "3900m", "memory": "7Gi"}})]),
            workloads: vec![deployment("web", 3, 1)],
            jobs: vec![
                json!({"metadata": {"name": "import", "namespace": "shop"}, "status": {"failed": 3, "conditions":
                [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the limit"}]}}),
            ],
            claims: vec![
                json!({"metadata": {"name": "data", "namespace": "shop", "creationTimestamp": "2026-11-28T10:00:00Z"},
                "status": {"phase": "Pending"}}),
            ],
            ..Snapshot::default()
        };
        assert_eq!(
            kinds(&diagnose(&snapshot, &Thresholds::default(), now())),
            [
                "critical node_not_ready Node/n1",
                "critical cpu_use Node/n3",
                "warning node_pressure Node/n2",
                "warning memory_use Node/n3",
                "warning below_desired Deployment/web",
                "warning failed_job Job/import",
                "warning claim_pending PersistentVolumeClaim/data",
            ]
        );
    }

    #[test]
    fn restarts_count_by_their_rate_and_images_by_their_error() {
        let mut restarted = healthy("r-1", "r");
        restarted["metadata"]["creationTimestamp"] = json!("2026-11-28T10:00:00Z");
        restarted["status"]["containerStatuses"][0]["restartCount"] = json!(8);
        restarted["status"]["containerStatuses"][0]["lastState"] =
            json!({"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-28T11:50:00Z"}});
        let mut old = restarted.clone();
        old["metadata"]["creationTimestamp"] = json!("2026-11-20T10:00:00Z");
        old["metadata"]["name"] = json!("o-1");
        old["metadata"]["ownerReferences"][0]["name"] = json!("o-h1");
        let mut image = pending("i-1", "i");
        image["status"] = json!({"phase": "Pending", "containerStatuses": [{"name": "a", "restartCount": 0, "state":
            {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"nginx:nope\""}}}]});
        let snapshot = Snapshot { pods: vec![restarted, old, image], ..Snapshot::default() };
        let diagnosis = diagnose(&snapshot, &Thresholds::default(), now());
        assert_eq!(kinds(&diagnosis), ["critical image_pull Deployment/i", "warning restarts Deployment/r"]);
        assert!(diagnosis.issues[1].recommendation.contains("memory"), "{:?}", diagnosis.issues[1]);
    }

    #[test]
    fn score_is_reproduced_by_the_formula() {
        use Severity::{Critical, Info, Warning};
        let of = |severities: &[(Severity, usize)]| {
            let issues = severities.iter().flat_map(|(severity, count)| {
                (0..*count)
                    .map(|_| new_issue(*severity, "crash_loop", ("", String::new()), Vec::new(), ""))
                    .collect::<Vec<_>>()
            });
            score(&issues.collect::<Vec<_>>())
        };
        assert_eq!(of(&[(Critical, 1), (Warning, 1), (Info, 1)]), 74);
        assert_eq!(
            (of(&[(Critical, 1)]), of(&[(Warning, 3)]), of(&[(Info, 50)]), of(&[(Critical, 9)])),
            (80, 85, 90, 0)
        );
    }

    #[test]
    fn issue_of_a_unit_names_the_tools_of_juju() {
        let mut unit = crashing("db-0", "x");
        unit["metadata"]["annotations"] = json!({"unit.juju.is/id": "db/0"});
        let snapshot = Snapshot { pods: vec![unit], ..Snapshot::default() };
        let found = &diagnose(&snapshot, &Thresholds::default(), now()).issues[0];
        assert_eq!(found.units, ["db/0"]);
        assert!(found.recommendation.contains("juju_debug_log for db/0"), "{found:?}");
    }
}
