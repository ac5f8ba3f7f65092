//! Issues of what pods belong to: workloads below their size, failed jobs, claims without volumes, and warnings about anything else.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::issue::{Issue, Severity, Snapshot, new_issue, time_of_event, workload_of};
use crate::{
    object::{self, is_condition_true, name, namespace, number, text},
    rollout,
};

/// How old a warning may be.
const MAX_EVENT_AGE: TimeDelta = TimeDelta::hours(1);
/// How long a claim may wait for its volume.
const MAX_CLAIM_WAIT: TimeDelta = TimeDelta::minutes(2);

pub(super) fn issues(snapshot: &Snapshot, explained: &BTreeSet<String>) -> Vec<Issue> {
    let mut found = Vec::new();
    for workload in &snapshot.workloads {
        let object = format!("{}/{}", text(workload, "/kind"), name(workload));
        let (desired, ready) = (rollout::desired(workload), rollout::ready(workload));
        if ready >= desired || is_explained(explained, namespace(workload), &object) {
            continue;
        }
        let severity = if ready == 0 { Severity::Critical } else { Severity::Warning };
        let evidence = vec![format!("{ready} of {desired} replicas are ready"), rollout::state(workload).message];
        let advice = "see its pods with list_pods, and its rollout with k8s_rollout_status";
        found.push(new_issue(severity, "below_desired", (namespace(workload), object), evidence, advice));
    }
    for job in snapshot.jobs.iter().filter(|job| is_condition_true(job, "Failed")) {
        let condition = object::condition(job, "Failed").unwrap_or(&Value::Null);
        let evidence = vec![
            format!("{}: {}", text(condition, "/reason"), text(condition, "/message")),
            format!("{} failed pods", number(job, "/status/failed")),
        ];
        let advice = "read the logs of its last pod with get_pod_logs, fix why it fails, and create the job again";
        found.push(new_issue(
            Severity::Warning,
            "failed_job",
            (namespace(job), format!("Job/{}", name(job))),
            evidence,
            advice,
        ));
    }
    found
}

/// Whether an issue of pods explains that a workload is below its size.
fn is_explained(explained: &BTreeSet<String>, namespace: &str, object: &str) -> bool {
    explained.contains(&format!("{namespace}/{object}"))
}

pub(super) fn issues_of_claims(snapshot: &Snapshot, now: DateTime<Utc>) -> Vec<Issue> {
    let waits_for_pod = |claim: &Value| {
        snapshot.events.iter().any(|event| {
            text(event, "/reason") == "WaitForFirstConsumer"
                && text(event, "/involvedObject/name") == name(claim)
                && text(event, "/involvedObject/namespace") == namespace(claim)
        })
    };
    let issue_of = |claim: &Value| {
        let (severity, kind) = match text(claim, "/status/phase") {
            "Lost" => (Severity::Critical, "claim_lost"),
            "Pending" if !waits_for_pod(claim) => (Severity::Warning, "claim_pending"),
            _ => return None,
        };
        let born = object::time(claim, "/metadata/creationTimestamp");
        if kind == "claim_pending" && born.is_some_and(|born| now - born < MAX_CLAIM_WAIT) {
            return None;
        }
        let class = text(claim, "/spec/storageClassName");
        let class = if class.is_empty() { "no storage class".to_owned() } else { format!("storage class {class}") };
        let mut evidence = vec![format!("it is {}, with {class}", text(claim, "/status/phase"))];
        evidence.extend(super::issue::last_warning(&snapshot.events, claim));
        let advice = "check that its storage class exists and its provisioner runs, or create a volume that fits";
        let place = (namespace(claim), format!("PersistentVolumeClaim/{}", name(claim)));
        Some(new_issue(severity, kind, place, evidence, advice))
    };
    snapshot.claims.iter().filter_map(issue_of).collect()
}

/// Recent warnings about objects that no other issue is about.
pub(super) fn issues_of_events(snapshot: &Snapshot, explained: &BTreeSet<String>, now: DateTime<Utc>) -> Vec<Issue> {
    let workloads: BTreeMap<(&str, &str), String> =
        snapshot.pods.iter().map(|pod| ((namespace(pod), name(pod)), workload_of(pod))).collect();
    let mut found: BTreeMap<(String, String, String), Issue> = BTreeMap::new();
    for event in &snapshot.events {
        let recent = time_of_event(event).is_some_and(|time| now - time < MAX_EVENT_AGE);
        if text(event, "/type") != "Warning" || !recent {
            continue;
        }
        let (space, about) = (text(event, "/involvedObject/namespace"), text(event, "/involvedObject/name"));
        let object = workloads.get(&(space, about)).filter(|_| text(event, "/involvedObject/kind") == "Pod");
        let object = object.cloned().unwrap_or_else(|| format!("{}/{about}", text(event, "/involvedObject/kind")));
        // a deleted pod has no problem
        if explained.contains(&format!("{space}/{object}"))
            || object.starts_with("Pod/") && !workloads.contains_key(&(space, about))
        {
            continue;
        }
        let reason = text(event, "/reason");
        let count = number(event, "/count").max(1);
        let one = found.entry((space.to_owned(), object.clone(), reason.to_owned())).or_insert_with(|| {
            let advice = "read the events of the object with k8s_events, and what it refers to with k8s_get";
            new_issue(Severity::Info, "warning_event", (space, object), Vec::new(), advice)
        });
        one.evidence.push(format!("{reason} ({count} times): {}", text(event, "/message")));
    }
    found.into_values().collect()
}
