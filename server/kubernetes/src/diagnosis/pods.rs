//! Issues of pods, one for each workload and kind: crash loops, images, configuration, scheduling, restarts, limits.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::issue::{Issue, Severity, Snapshot, Thresholds, last_warning, new_issue, units_of, workload_of};
use crate::{
    object::{self, condition, items, name, namespace, number, text},
    pod::PodState,
};

/// Seconds that a pod may run without being ready before it is an issue.
const MAX_START_SECONDS: i64 = 300;

/// What is wrong with a pod.
struct Problem {
    kind: &'static str,
    /// How bad it is; `None`: critical, or a warning where the workload has ready pods.
    severity: Option<Severity>,
    evidence: String,
    advice: &'static str,
}

pub(super) fn issues(snapshot: &Snapshot, thresholds: &Thresholds, now: DateTime<Utc>) -> Vec<Issue> {
    let mut ready: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for pod in snapshot.pods.iter().filter(|pod| PodState::new(pod).is_healthy()) {
        *ready.entry((namespace(pod), workload_of(pod))).or_default() += 1;
    }
    let mut found: BTreeMap<(&str, String, &str), Issue> = BTreeMap::new();
    for pod in &snapshot.pods {
        let workload = workload_of(pod);
        let has_ready = ready.contains_key(&(namespace(pod), workload.clone()));
        for problem in problems(pod, thresholds, now) {
            let usual = if has_ready { Severity::Warning } else { Severity::Critical };
            let key = (namespace(pod), workload.clone(), problem.kind);
            let one = found.entry(key).or_insert_with(|| {
                let place = (namespace(pod), workload.clone());
                new_issue(problem.severity.unwrap_or(usual), problem.kind, place, Vec::new(), problem.advice)
            });
            one.severity = one.severity.min(problem.severity.unwrap_or(usual));
            one.evidence.push(format!("pod {}: {}", name(pod), problem.evidence));
            if problem.kind != "no_limits" {
                one.evidence.extend(last_warning(&snapshot.events, pod).filter(|line| !one.evidence.contains(line)));
            }
            one.units.extend(units_of(pod));
        }
    }
    found.into_values().collect()
}

/// What is wrong with a pod: the one thing that keeps it from working, and what it lacks.
fn problems(pod: &Value, thresholds: &Thresholds, now: DateTime<Utc>) -> Vec<Problem> {
    let state = PodState::new(pod);
    let is_done = matches!(text(pod, "/status/phase"), "Succeeded" | "Failed") || state.status == "Terminating";
    let mut found = Vec::new();
    if !is_done {
        found.extend(waiting(pod).or_else(|| unscheduled(pod)).or_else(|| restarting(pod, &state, thresholds, now)));
        if found.is_empty() {
            found.extend(not_ready(pod, &state, now));
        }
        found.extend(without_limits(pod));
    }
    found
}

/// A container that waits for something that does not come.
fn waiting(pod: &Value) -> Option<Problem> {
    let statuses = items(pod, "/status/initContainerStatuses").iter().chain(items(pod, "/status/containerStatuses"));
    statuses.filter_map(|status| Some((status, status.pointer("/state/waiting")?))).find_map(|(status, waiting)| {
        let (kind, advice) = match text(waiting, "/reason") {
            "CrashLoopBackOff" => (
                "crash_loop",
                "read the end of its previous run with get_pod_logs and `previous: true`, and fix why it ends",
            ),
            "ImagePullBackOff" | "ErrImagePull" | "InvalidImageName" | "ErrImageNeverPull" => {
                ("image_pull", "correct name and tag of the image, or add the credential of its registry")
            }
            "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
                ("container_config", "create the Secret, ConfigMap or command that the container refers to")
            }
            _ => return None,
        };
        let mut evidence = vec![format!("container {} {}", text(status, "/name"), text(waiting, "/reason"))];
        if let Some(ended) = status.pointer("/lastState/terminated") {
            let reason = text(ended, "/reason");
            evidence.push(format!("last ended with exit code {} ({reason})", number(ended, "/exitCode")));
        }
        let restarts = number(status, "/restartCount");
        if restarts > 0 {
            evidence.push(format!("{restarts} restarts"));
        }
        if kind != "crash_loop" && !text(waiting, "/message").is_empty() {
            evidence.push(text(waiting, "/message").to_owned());
        }
        Some(Problem { kind, severity: None, evidence: evidence.join(", "), advice })
    })
}

fn unscheduled(pod: &Value) -> Option<Problem> {
    let scheduled = condition(pod, "PodScheduled")?;
    if text(scheduled, "/status") != "False" || text(scheduled, "/reason") == "SchedulingGated" {
        return None;
    }
    let advice = "add what no node has, or lower the requests, selectors and tolerations of the pod";
    Some(Problem { kind: "unschedulable", severity: None, evidence: text(scheduled, "/message").to_owned(), advice })
}

/// Restarts per hour of the pod's life, while the last one is recent.
fn restarting(pod: &Value, state: &PodState, thresholds: &Thresholds, now: DateTime<Utc>) -> Option<Problem> {
    let last = state.last_restart.filter(|last| now - *last < chrono::TimeDelta::hours(1))?;
    let born = object::time(pod, "/metadata/creationTimestamp").unwrap_or(last);
    let hours = f64::from(i32::try_from((now - born).num_minutes()).unwrap_or(i32::MAX)) / 60.0;
    let rate = f64::from(i32::try_from(state.restarts).unwrap_or(i32::MAX)) / hours.max(1.0);
    let severity = thresholds.restarts.severity(rate)?;
    let ends = items(pod, "/status/containerStatuses").iter().map(|one| text(one, "/lastState/terminated/reason"));
    let out_of_memory = ends.into_iter().any(|reason| reason == "OOMKilled");
    let advice = if out_of_memory {
        "raise its limit of memory, or lower what it uses: it was killed for it"
    } else {
        "read the end of its previous run with get_pod_logs and `previous: true`"
    };
    let evidence =
        format!("{} restarts, {rate:.1} per hour{}", state.restarts, if out_of_memory { ", OOMKilled" } else { "" });
    Some(Problem { kind: "restarts", severity: Some(severity), evidence, advice })
}

fn not_ready(pod: &Value, state: &PodState, now: DateTime<Utc>) -> Option<Problem> {
    let started = object::time(pod, "/status/startTime")?;
    let seconds = (now - started).num_seconds();
    if state.status != "Running" || state.ready == state.containers || seconds < MAX_START_SECONDS {
        return None;
    }
    let evidence =
        format!("{} of {} containers are ready after {} minutes", state.ready, state.containers, seconds / 60);
    let advice = "check its readiness probe with describe_pod, and its log with get_pod_logs";
    Some(Problem { kind: "not_ready", severity: None, evidence, advice })
}

fn without_limits(pod: &Value) -> Option<Problem> {
    let has_limit = |container: &&Value| {
        container.pointer("/resources/limits/memory").is_some() || container.pointer("/resources/limits/cpu").is_some()
    };
    let containers: Vec<&str> =
        items(pod, "/spec/containers").iter().filter(|one| !has_limit(one)).map(|one| text(one, "/name")).collect();
    // what Juju adds to a pod has no limits by design
    if containers.is_empty() || crate::juju::owner(pod).is_some() || pod.pointer("/spec/resources/limits").is_some() {
        return None;
    }
    let evidence = format!("no limits for {}", containers.join(", "));
    let advice = "set requests and limits, so that it cannot take what other pods of its node need";
    Some(Problem { kind: "no_limits", severity: Some(Severity::Info), evidence, advice })
}
