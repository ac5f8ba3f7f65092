//! Issues, how bad they are, and the objects that show them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::{
    juju,
    object::{self, controller, label, name, namespace, text},
};

/// How bad an issue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something does not work.
    Critical,
    /// Something will not work for long, or works in part.
    Warning,
    /// Something should be better.
    Info,
}

impl Severity {
    /// `critical`, `warning`, `info`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// A problem of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, `crash_loop`.
    pub kind: &'static str,
    /// The namespace of the object; empty for one of the cluster.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The object: `Deployment/web`.
    pub object: String,
    /// The units of Juju that it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<String>,
    /// What shows it.
    pub evidence: Vec<String>,
    /// What to do about it.
    pub recommendation: String,
}

/// From when on a value is a warning, and critical.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// From when on it is a warning.
    pub warning: f64,
    /// From when on it is critical.
    pub critical: f64,
}

impl Threshold {
    /// How bad a value is; `None` for a good one.
    #[must_use]
    pub fn severity(&self, value: f64) -> Option<Severity> {
        match () {
            () if value >= self.critical => Some(Severity::Critical),
            () if value >= self.warning => Some(Severity::Warning),
            () => None,
        }
    }
}

/// Thresholds of a diagnosis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Use of CPU, in percent of what is allocatable.
    pub cpu: Threshold,
    /// Use of memory, in percent of what is allocatable.
    pub memory: Threshold,
    /// Restarts of a pod per hour.
    pub restarts: Threshold,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            cpu: Threshold { warning: 80.0, critical: 95.0 },
            memory: Threshold { warning: 85.0, critical: 95.0 },
            restarts: Threshold { warning: 3.0, critical: 10.0 },
        }
    }
}

/// The objects of a cluster or of a namespace at one time.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Nodes; none for a namespace.
    pub nodes: Vec<Value>,
    /// Use of the nodes; `None` where no metrics server runs.
    pub node_metrics: Option<Vec<Value>>,
    /// Pods.
    pub pods: Vec<Value>,
    /// Deployments, stateful sets and daemon sets, each with its kind.
    pub workloads: Vec<Value>,
    /// Jobs.
    pub jobs: Vec<Value>,
    /// Claims of volumes.
    pub claims: Vec<Value>,
    /// Events.
    pub events: Vec<Value>,
}

/// The workload that a pod belongs to, `Deployment/web`; the pod itself where it has no controller.
#[must_use]
pub fn workload_of(pod: &Value) -> String {
    match controller(pod) {
        Some(("ReplicaSet", owner)) => {
            let hash = label(pod, "pod-template-hash").map(|hash| format!("-{hash}"));
            match hash.as_deref().and_then(|hash| owner.strip_suffix(hash)) {
                Some(deployment) => format!("Deployment/{deployment}"),
                None => format!("ReplicaSet/{owner}"),
            }
        }
        Some((kind, owner)) => format!("{kind}/{owner}"),
        None => format!("Pod/{}", name(pod)),
    }
}

/// An issue of an object.
pub(super) fn new_issue(
    severity: Severity,
    kind: &'static str,
    place: (&str, String),
    evidence: Vec<String>,
    advice: &str,
) -> Issue {
    let (namespace, object) = (place.0.to_owned(), place.1);
    Issue { severity, kind, namespace, object, units: Vec::new(), evidence, recommendation: advice.to_owned() }
}

/// The last warning about an object, in its own words.
pub(super) fn last_warning(events: &[Value], of: &Value) -> Option<String> {
    let is_about = |event: &&Value| {
        text(event, "/type") == "Warning"
            && text(event, "/involvedObject/name") == name(of)
            && text(event, "/involvedObject/namespace") == namespace(of)
    };
    let last = events.iter().filter(is_about).max_by_key(|event| time_of_event(event))?;
    Some(format!("event {}: {}", text(last, "/reason"), text(last, "/message")))
}

/// When an event occurred last.
#[must_use]
pub fn time_of_event(event: &Value) -> Option<DateTime<Utc>> {
    ["/series/lastObservedTime", "/lastTimestamp", "/eventTime", "/firstTimestamp", "/metadata/creationTimestamp"]
        .iter()
        .find_map(|pointer| object::time(event, pointer))
}

/// The unit of a pod, as a list.
pub(super) fn units_of(pod: &Value) -> Vec<String> {
    juju::unit(pod).into_iter().collect()
}
