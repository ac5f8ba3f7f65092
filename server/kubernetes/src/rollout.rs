//! Whether a workload has rolled out, in the words of `kubectl rollout status`.

use serde::Serialize;
use serde_json::Value;

use crate::object::{condition, name, number, text};

/// How far the rollout of a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RolloutProgress {
    /// It has ended.
    Complete,
    /// It goes on.
    InProgress,
    /// It has failed.
    Failed,
    /// Its kind or its strategy has no rollouts.
    Unsupported,
}

/// The state of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RolloutState {
    /// How far it is.
    pub progress: RolloutProgress,
    /// The same in words.
    pub message: String,
}

/// The state of the rollout of a Deployment, a `StatefulSet` or a `DaemonSet`.
#[must_use]
pub fn state(workload: &Value) -> RolloutState {
    let (generation, observed) =
        (number(workload, "/metadata/generation"), number(workload, "/status/observedGeneration"));
    let (progress, message) = match text(workload, "/kind") {
        "Deployment" if generation <= observed => deployment(workload),
        "Deployment" => in_progress("Waiting for deployment spec update to be observed..."),
        "DaemonSet" | "StatefulSet" if text(workload, "/spec/updateStrategy/type") == "OnDelete" => (
            RolloutProgress::Unsupported,
            "rollout status is only available for RollingUpdate strategy type".to_owned(),
        ),
        "DaemonSet" if generation <= observed => daemon_set(workload),
        "DaemonSet" => in_progress("Waiting for daemon set spec update to be observed..."),
        "StatefulSet" if observed == 0 || generation > observed => {
            in_progress("Waiting for statefulset spec update to be observed...")
        }
        "StatefulSet" => stateful_set(workload),
        kind => (RolloutProgress::Unsupported, format!("a {kind} has no rollout")),
    };
    RolloutState { progress, message }
}

/// Replicas that a workload wants; 1 where it states none.
#[must_use]
pub fn desired(workload: &Value) -> i64 {
    if text(workload, "/kind") == "DaemonSet" {
        return number(workload, "/status/desiredNumberScheduled");
    }
    workload.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
}

/// Replicas of a workload that are ready.
#[must_use]
pub fn ready(workload: &Value) -> i64 {
    let member = if text(workload, "/kind") == "DaemonSet" { "/status/numberReady" } else { "/status/readyReplicas" };
    number(workload, member)
}

fn in_progress(message: impl Into<String>) -> (RolloutProgress, String) {
    (RolloutProgress::InProgress, message.into())
}

fn deployment(workload: &Value) -> (RolloutProgress, String) {
    let name = name(workload);
    let waiting = |rest: String| in_progress(format!("Waiting for deployment \"{name}\" rollout to finish: {rest}..."));
    if condition(workload, "Progressing").is_some_and(|one| text(one, "/reason") == "ProgressDeadlineExceeded") {
        return (RolloutProgress::Failed, format!("deployment \"{name}\" exceeded its progress deadline"));
    }
    let count = |member: &str| number(workload, &format!("/status/{member}"));
    let (desired, replicas) = (desired(workload), count("replicas"));
    let (updated, available) = (count("updatedReplicas"), count("availableReplicas"));
    match () {
        () if updated < desired => waiting(format!("{updated} out of {desired} new replicas have been updated")),
        () if replicas > updated => waiting(format!("{} old replicas are pending termination", replicas - updated)),
        () if available < updated => waiting(format!("{available} of {updated} updated replicas are available")),
        () => (RolloutProgress::Complete, format!("deployment \"{name}\" successfully rolled out")),
    }
}

fn daemon_set(workload: &Value) -> (RolloutProgress, String) {
    let name = name(workload);
    let waiting = |rest: String| in_progress(format!("Waiting for daemon set \"{name}\" rollout to finish: {rest}..."));
    let desired = desired(workload);
    let (updated, available) =
        (number(workload, "/status/updatedNumberScheduled"), number(workload, "/status/numberAvailable"));
    match () {
        () if updated < desired => waiting(format!("{updated} out of {desired} new pods have been updated")),
        () if available < desired => waiting(format!("{available} of {desired} updated pods are available")),
        () => (RolloutProgress::Complete, format!("daemon set \"{name}\" successfully rolled out")),
    }
}

fn stateful_set(workload: &Value) -> (RolloutProgress, String) {
    let (desired, ready, updated) = (desired(workload), ready(workload), number(workload, "/status/updatedReplicas"));
    if ready < desired {
        return in_progress(format!("Waiting for {} pods to be ready...", desired - ready));
    }
    if let Some(partition) = workload.pointer("/spec/updateStrategy/rollingUpdate/partition").and_then(Value::as_i64)
        && partition > 0
    {
        let wanted = desired - partition;
        if updated < wanted {
            return in_progress(format!(
                "Waiting for partitioned roll out to finish: {updated} out of {wanted} new pods have been updated..."
            ));
        }
        let message = format!("partitioned roll out complete: {updated} new pods have been updated...");
        return (RolloutProgress::Complete, message);
    }
    let (update, current) = (text(workload, "/status/updateRevision"), text(workload, "/status/currentRevision"));
    if update != current {
        return in_progress(format!(
            "waiting for statefulset rolling update to complete {updated} pods at revision {update}..."
        ));
    }
    let pods = number(workload, "/status/currentReplicas");
    (RolloutProgress::Complete, format!("statefulset rolling update complete {pods} pods at revision {current}..."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment_with(observed: i64, status: &Value, reason: &str) -> (RolloutProgress, String) {
        let mut workload = json!({"kind": "Deployment", "metadata": {"name": "web", "generation": 2},
            "spec": {"replicas": 3}, "status": status});
        workload["status"]["observedGeneration"] = observed.into();
        workload["status"]["conditions"] = json!([{"type": "Progressing", "reason": reason}]);
        let state = state(&workload);
        (state.progress, state.message)
    }

    #[test]
    fn rollout_of_deployment_is_reported_as_by_kubectl() {
        use RolloutProgress::{Complete, Failed, InProgress};
        let counts = |replicas: i64, updated: i64, available: i64| json!({"replicas": replicas, "updatedReplicas": updated, "availableReplicas": available});
        let waiting = |rest: &str| format!("Waiting for deployment \"web\" rollout to finish: {rest}...");
        for (observed, status, reason, progress, message) in [
            (1, counts(3, 3, 3), "", InProgress, "Waiting for deployment spec update to be observed...".to_owned()),
            (2, counts(3, 1, 3), "", InProgress, waiting("1 out of 3 new replicas have been updated")),
            (2, counts(4, 3, 3), "", InProgress, waiting("1 old replicas are pending termination")),
            (2, counts(3, 3, 2), "", InProgress, waiting("2 of 3 updated replicas are available")),
            (2, counts(3, 3, 3), "", Complete, "deployment \"web\" successfully rolled out".to_owned()),
            (
                2,
                counts(3, 3, 0),
                "ProgressDeadlineExceeded",
                Failed,
                "deployment \"web\" exceeded its progress deadline".to_owned(),
            ),
        ] {
            assert_eq!(deployment_with(observed, &status, reason), (progress, message));
        }
    }

    #[test]
    fn rollout_of_other_workloads_is_reported_as_by_kubectl() {
        let set = |status: Value, strategy: Value| {
            let mut workload = json!({"kind": "StatefulSet", "metadata": {"name": "db", "generation": 1},
                "spec": {"replicas": 2, "updateStrategy": strategy}, "status": status});
            workload["status"]["observedGeneration"] = 1.into();
            state(&workload).message
        };
        let rolling = json!({"type": "RollingUpdate"});
        assert_eq!(set(json!({"readyReplicas": 1}), rolling.clone()), "Waiting for 1 pods to be ready...");
        let update = json!({"readyReplicas": 2, "updatedReplicas": 1, "currentRevision": "a", "updateRevision": "b"});
        let message = "waiting for statefulset rolling update to complete 1 pods at revision b...";
        assert_eq!(set(update, rolling.clone()), message);
        let done = json!({"readyReplicas": 2, "currentReplicas": 2, "currentRevision": "b", "updateRevision": "b"});
        assert_eq!(set(done, rolling), "statefulset rolling update complete 2 pods at revision b...");
        let partition = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 1}});
        let message = "Waiting for partitioned roll out to finish: 0 out of 1 new pods have been updated...";
        assert_eq!(set(json!({"readyReplicas": 2}), partition), message);
        let daemons = json!({"kind": "DaemonSet", "metadata": {"name": "log", "generation": 1}, "status":
            {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2}});
        let message = "Waiting for daemon set \"log\" rollout to finish: 2 of 3 updated pods are available...";
        assert_eq!(state(&daemons).message, message);
        assert_eq!(state(&json!({"kind": "Job"})).progress, RolloutProgress::Unsupported);
    }
}
