//! Pods as `kubectl get pods` shows them (`printPod` of Kubernetes 1.36).

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::{age, object};

/// What `kubectl get pods` shows of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PodState {
    /// `Running`, `CrashLoopBackOff`, `Init:0/1`, `Completed`, `Terminating` and so on.
    pub status: String,
    /// Containers that are ready.
    pub ready: usize,
    /// Containers that have to be.
    pub containers: usize,
    /// Restarts of its containers.
    pub restarts: i64,
    /// When one of them ended last.
    pub last_restart: Option<DateTime<Utc>>,
}

impl PodState {
    /// The state of a pod.
    #[must_use]
    pub fn new(pod: &Value) -> Self {
        let phase = object::text(pod, "/status/phase");
        let reason = object::text(pod, "/status/reason");
        let mut state = Self {
            status: (if reason.is_empty() { phase } else { reason }).to_owned(),
            ready: 0,
            containers: object::items(pod, "/spec/containers").len(),
            restarts: 0,
            last_restart: None,
        };
        if object::condition(pod, "PodScheduled").is_some_and(|one| object::text(one, "/reason") == "SchedulingGated") {
            "SchedulingGated".clone_into(&mut state.status);
        }
        let sidecars = object::items(pod, "/spec/initContainers").iter().filter(|one| is_sidecar(one)).count();
        state.containers += sidecars;
        let initializing = state.add_init_containers(pod);
        if !initializing || object::is_condition_true(pod, "Initialized") {
            state.add_containers(pod);
        }
        if pod.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null()) {
            match (reason, phase) {
                ("NodeLost", _) => "Unknown".clone_into(&mut state.status),
                (_, "Succeeded" | "Failed") => {}
                _ => "Terminating".clone_into(&mut state.status),
            }
        }
        state
    }

    /// Whether nothing is wrong with it: all its containers are ready, or it has completed.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        match self.status.as_str() {
            "Completed" | "Succeeded" => true,
            "Running" => self.ready == self.containers,
            _ => false,
        }
    }

    /// Its restarts as `kubectl` prints them: `3 (5m ago)`.
    #[must_use]
    pub fn restarts_text(&self, now: DateTime<Utc>) -> String {
        match self.last_restart {
            Some(last) if self.restarts > 0 => format!("{} ({} ago)", self.restarts, age::since(Some(last), now)),
            _ => self.restarts.to_string(),
        }
    }

    /// Reads the states of the init containers; returns whether the pod still initializes.
    fn add_init_containers(&mut self, pod: &Value) -> bool {
        let specs = object::items(pod, "/spec/initContainers");
        let sidecar = |name: &str| specs.iter().any(|spec| object::text(spec, "/name") == name && is_sidecar(spec));
        let mut of_sidecars = (0, None);
        let mut initializing = false;
        for (index, status) in object::items(pod, "/status/initContainerStatuses").iter().enumerate() {
            let is_sidecar = sidecar(object::text(status, "/name"));
            self.add_restarts(status);
            if is_sidecar {
                of_sidecars.0 += object::number(status, "/restartCount");
                of_sidecars.1 = of_sidecars.1.max(last_end(status));
            }
            let (ended, waiting) = (status.pointer("/state/terminated"), object::text(status, "/state/waiting/reason"));
            match ended {
                Some(ended) if object::number(ended, "/exitCode") == 0 => continue,
                _ if is_sidecar && status["started"] == Value::Bool(true) => {
                    self.ready += usize::from(status["ready"] == Value::Bool(true));
                    continue;
                }
                Some(ended) => self.status = format!("Init:{}", reason_of_end(ended)),
                None if !waiting.is_empty() && waiting != "PodInitializing" => self.status = format!("Init:{waiting}"),
                None => self.status = format!("Init:{index}/{}", specs.len()),
            }
            initializing = true;
            break;
        }
        if !initializing || object::is_condition_true(pod, "Initialized") {
            (self.restarts, self.last_restart) = of_sidecars;
        }
        initializing
    }

    fn add_containers(&mut self, pod: &Value) {
        let mut has_running = false;
        for status in object::items(pod, "/status/containerStatuses").iter().rev() {
            self.add_restarts(status);
            let waiting = object::text(status, "/state/waiting/reason");
            match status.pointer("/state/terminated") {
                _ if !waiting.is_empty() => waiting.clone_into(&mut self.status),
                Some(ended) => self.status = reason_of_end(ended),
                None => {
                    let running = status.pointer("/state/running").is_some() && status["ready"] == Value::Bool(true);
                    has_running |= running;
                    self.ready += usize::from(running);
                }
            }
        }
        if self.status == "Completed" && has_running {
            let ready = object::is_condition_true(pod, "Ready");
            (if ready { "Running" } else { "NotReady" }).clone_into(&mut self.status);
        }
    }

    fn add_restarts(&mut self, status: &Value) {
        self.restarts += object::number(status, "/restartCount");
        self.last_restart = self.last_restart.max(last_end(status));
    }
}

/// Whether an init container runs beside the others.
fn is_sidecar(spec: &Value) -> bool {
    object::text(spec, "/restartPolicy") == "Always"
}

/// When the previous run of a container ended.
fn last_end(status: &Value) -> Option<DateTime<Utc>> {
    object::time(status, "/lastState/terminated/finishedAt")
}

/// Why a container ended: its reason, signal or exit code.
fn reason_of_end(ended: &Value) -> String {
    let (reason, signal) = (object::text(ended, "/reason"), object::number(ended, "/signal"));
    match (reason, signal) {
        ("", 0) => format!("ExitCode:{}", object::number(ended, "/exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn running(ready: bool, restarts: i64) -> Value {
        json!({"name": "a", "ready": ready, "restartCount": restarts, "state": {"running": {}},
            "lastState": {"terminated": {"finishedAt": "2026-11-28T10:00:00Z", "exitCode": 1}}})
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers write the values in place")]
    fn state(phase: &str, containers: Value, extra: Value) -> (String, usize, usize, i64) {
        let count = containers.as_array().map_or(0, Vec::len);
        let mut pod = json!({"metadata": {"name": "p"}, "spec": {"containers": vec![json!({"name": "a"}); count]},
            "status": {"phase": phase, "containerStatuses": containers}});
        for (path, value) in extra.as_object().cloned().unwrap_or_default() {
            let (parent, member) = path.rsplit_once('/').expect("a path");
            pod.pointer_mut(parent).expect("a parent")[member] = value;
        }
        let state = PodState::new(&pod);
        (state.status, state.ready, state.containers, state.restarts)
    }

    #[test]
    fn status_of_containers_is_that_of_kubectl() {
        let waiting = |reason: &str| json!({"name": "a", "restartCount": 7, "state": {"waiting": {"reason": reason}}});
        let ended = |state: Value| json!({"name": "a", "restartCount": 0, "state": {"terminated": state}});
        for (phase, containers, shown, ready, restarts) in [
            ("Running", json!([running(true, 0)]), "Running", 1, 0),
            ("Running", json!([running(true, 1), running(false, 2)]), "Running", 1, 3),
            ("Running", json!([waiting("CrashLoopBackOff")]), "CrashLoopBackOff", 0, 7),
            ("Pending", json!([waiting("ImagePullBackOff")]), "ImagePullBackOff", 0, 7),
            ("Pending", json!([]), "Pending", 0, 0),
            ("Succeeded", json!([ended(json!({"exitCode": 0, "reason": "Completed"}))]), "Completed", 0, 0),
            ("Failed", json!([ended(json!({"exitCode": 1, "reason": "Error"}))]), "Error", 0, 0),
            ("Failed", json!([ended(json!({"exitCode": 3}))]), "ExitCode:3", 0, 0),
            ("Failed", json!([ended(json!({"exitCode": 137, "signal": 9}))]), "Signal:9", 0, 0),
            (
                "Running",
                json!([running(true, 0), ended(json!({"exitCode": 0, "reason": "Completed"}))]),
                "NotReady",
                1,
                0,
            ),
        ] {
            let count = containers.as_array().map_or(0, Vec::len);
            assert_eq!(state(phase, containers, json!({})), (shown.to_owned(), ready, count, restarts));
        }
    }

    #[test]
    fn status_of_pod_prevails_over_its_containers() {
        let ready = json!([running(true, 0)]);
        let shown = |phase: &str, extra: Value| state(phase, ready.clone(), extra).0;
        let deleted = json!({"/metadata/deletionTimestamp": "2026-11-28T10:00:00Z"});
        assert_eq!(shown("Running", deleted.clone()), "Terminating");
        assert_eq!(shown("Failed", json!({"/status/reason": "Evicted", "/status/containerStatuses": []})), "Evicted");
        let lost = json!({"/metadata/deletionTimestamp": "2026-11-28T10:00:00Z", "/status/reason": "NodeLost"});
        assert_eq!(shown("Running", lost), "Unknown");
        let gated = json!([{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]);
        assert_eq!(
            shown("Pending", json!({"/status/conditions": gated, "/status/containerStatuses": []})),
            "SchedulingGated"
        );
    }

    #[test]
    fn init_containers_are_counted_until_they_are_done() {
        let specs = json!([{"name": "i"}, {"name": "j"}]);
        let shown = |statuses: Value| {
            let extra = json!({"/spec/initContainers": specs, "/status/initContainerStatuses": statuses});
            state(
                "Pending",
                json!([{"name": "a", "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}}]),
                extra,
            )
        };
        let done = json!({"name": "i", "restartCount": 0, "state": {"terminated": {"exitCode": 0}}});
        let wait = |reason: &str| json!({"name": "j", "restartCount": 2, "state": {"waiting": {"reason": reason}}});
        assert_eq!(shown(json!([done, wait("PodInitializing")])), ("Init:1/2".to_owned(), 0, 1, 2));
        assert_eq!(shown(json!([done, wait("CrashLoopBackOff")])).0, "Init:CrashLoopBackOff");
        let failed = json!({"name": "i", "restartCount": 0, "state": {"terminated": {"exitCode": 2}}});
        assert_eq!(shown(json!([failed])).0, "Init:ExitCode:2");
        assert_eq!(shown(json!([done, done])).0, "PodInitializing");
    }

    #[test]
    fn sidecars_count_as_containers() {
        let sidecar = json!([{"name": "s", "restartPolicy": "Always"}]);
        let status =
            json!([{"name": "s", "started": true, "ready": true, "restartCount": 4, "state": {"running": {}}}]);
        let extra = json!({"/spec/initContainers": sidecar, "/status/initContainerStatuses": status});
        assert_eq!(state("Running", json!([running(true, 1)]), extra), ("Running".to_owned(), 2, 2, 5));
    }
}
