//! [`Condition`]: whether a backend answers, since when, and why not.

use chrono::{DateTime, Utc};
use parking_lot::Mutex;

use crate::{BackendError, BackendKind};

/// What the last request showed of a backend.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    /// Whether it answers; `None` before the first request.
    pub up: Option<bool>,
    /// Since when it is so.
    pub since: Option<DateTime<Utc>>,
    /// Why it does not answer.
    pub problem: Option<String>,
    /// Its version, once it is known.
    pub version: Option<String>,
}

/// The condition of a backend as its requests change it. Each change is a line in the log.
#[derive(Debug)]
pub struct ConditionRecord {
    kind: BackendKind,
    name: String,
    condition: Mutex<Condition>,
}

impl ConditionRecord {
    /// A backend that has not been used yet.
    #[must_use]
    pub fn new(kind: BackendKind, name: &str) -> Self {
        Self { kind, name: name.to_owned(), condition: Mutex::default() }
    }

    /// What is known.
    #[must_use]
    pub fn current(&self) -> Condition {
        self.condition.lock().clone()
    }

    /// The version that the backend has reported.
    pub fn set_version(&self, version: &str) {
        self.condition.lock().version = Some(version.to_owned());
    }

    /// Takes the result of a request into account. A backend that refuses a request answers.
    pub fn record<T>(&self, result: &Result<T, BackendError>) {
        let problem = result.as_ref().err().filter(|error| error.is_outage()).map(ToString::to_string);
        let mut condition = self.condition.lock();
        let up = problem.is_none();
        let changed = condition.up != Some(up);
        if changed {
            condition.since = Some(Utc::now());
        }
        let was_known = condition.up.is_some();
        condition.up = Some(up);
        condition.problem.clone_from(&problem);
        drop(condition);
        let (backend, name) = (self.kind.word(), self.name.as_str());
        match problem {
            Some(problem) if changed => tracing::warn!(backend, name, problem, "a backend does not answer"),
            None if changed && was_known => tracing::info!(backend, name, "a backend answers again"),
            _ => {}
        }
    }
}
