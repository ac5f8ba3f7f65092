//! Storage that is not attached or has failed.

use serde_json::json;

use crate::{
    CauseClass, FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects storage that does not work.
pub(super) struct StorageHealth;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "storage_health",
    about: "Storage of a unit has failed, or is not attached.",
    thresholds: &[Threshold {
        name: "pending",
        unit: ThresholdUnit::Minutes,
        default: 15.0,
        about: "How long storage may be pending",
    }],
    rank: Some(10),
    cause: Some((CauseClass::Infrastructure, 4.0)),
};

impl Detector for StorageHealth {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (id, storage) in &facts.reported.storage {
            let is_pending = matches!(&*storage.status, "pending" | "attaching" | "detaching");
            let is_failed = matches!(&*storage.status, "error" | "lost" | "unknown" | "destroying");
            // storage without a unit is stored for later
            if storage.unit.is_none() || !(is_pending || is_failed) {
                continue;
            }
            if is_pending && facts.age(storage.since) < thresholds.time("pending") {
                continue;
            }
            let unit = storage.unit.as_deref().unwrap_or_default();
            let value = format!("{} {}", storage.status, storage.message);
            let observed = evidence(format!("storage of {unit}"), value.trim_end(), "attached", storage.since);
            let title = if is_failed {
                format!("The storage {id} has failed.")
            } else {
                format!("The storage {id} is not attached.")
            };
            let call = facts.call("juju_show_storage", json!({"storage": [id]}), "It shows the filesystem or volume.");
            candidates.push(
                Candidate::new(facts, facts.entity("storage", id), title, observed)
                    .with_severity(if is_failed { FindingSeverity::Critical } else { FindingSeverity::Warning })
                    .with_call(call),
            );
        }
        candidates
    }
}
