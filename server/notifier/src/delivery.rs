//! The delivery of one finding to one receiver.

use chrono::{DateTime, Utc};
use observer::{Finding, FindingSeverity};
use serde::{Deserialize, Serialize};

/// What is to be sent next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryStep {
    /// That the finding exists.
    Announce,
    /// That it has ended.
    Resolve,
}

/// The delivery of one finding to one receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Name of the receiver.
    pub receiver: String,
    /// The finding after its latest change.
    pub finding: Finding,
    /// Number of the change with which it was queued: the order of deliveries.
    pub queued: u64,
    /// When the receiver has accepted it, with the severity that it had; `None` before.
    pub announced: Option<(DateTime<Utc>, FindingSeverity)>,
}

impl Delivery {
    /// What is to be sent next; `None` while the finding lasts and the receiver knows it.
    #[must_use]
    pub fn step(&self) -> Option<DeliveryStep> {
        match (&self.announced, self.finding.is_open()) {
            (None, _) => Some(DeliveryStep::Announce),
            (Some(_), false) => Some(DeliveryStep::Resolve),
            (Some(_), true) => None,
        }
    }

    /// The severity for the receiver: that of its announcement, because it identifies an alert.
    #[must_use]
    pub fn severity(&self) -> FindingSeverity {
        self.announced.map_or(self.finding.severity, |(_, severity)| severity)
    }
}

impl DeliveryStep {
    /// The word in logs and in the idempotency key.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Announce => "announce",
            Self::Resolve => "resolve",
        }
    }
}
