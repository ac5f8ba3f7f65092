//! An alert of another system, such as Alertmanager, about an entity of a model.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::FindingSeverity;

/// An alert that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalAlert {
    /// Identifies the alert at its sender, by its labels.
    pub fingerprint: Box<str>,
    /// Its name, `HighRequestLatency`.
    pub name: Box<str>,
    /// How urgent it is.
    pub severity: FindingSeverity,
    /// What it reports, in one sentence.
    pub summary: Box<str>,
    /// More about it; empty where there is none.
    pub description: Box<str>,
    /// The application that its labels name; empty where they name none.
    pub application: Box<str>,
    /// The unit.
    pub unit: Box<str>,
    /// The machine.
    pub machine: Box<str>,
    /// Who has sent it: the name of the caller.
    pub sent_by: Box<str>,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it was last received.
    pub received: DateTime<Utc>,
}
