//! Units in error: a hook has failed, and its retries have not helped.

use serde_json::json;

use crate::{
    FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects units in error.
pub(super) struct HookFailed;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "hook_failed",
    about: "A unit is in error: a hook has failed, and its retries have not helped.",
    thresholds: &[Threshold {
        name: "lasting",
        unit: ThresholdUnit::Minutes,
        default: 5.0,
        about: "How long the unit may be in error, because Juju retries a hook by itself",
    }],
    rank: Some(40),
    cause: None,
};

impl Detector for HookFailed {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (name, unit) in facts.graph.units.iter().filter(|(_, unit)| unit.workload.current == "error") {
            let hook = unit.failed_hook.as_deref();
            let what = hook.map_or_else(|| "status".to_owned(), |hook| format!("status after the hook {hook}"));
            let observed = evidence(what, format!("error: {}", unit.workload.message), "active", unit.workload.since);
            let title = match hook {
                Some(hook) => format!("The unit {name} is in error, because its hook {hook} fails."),
                None => format!("The unit {name} is in error."),
            };
            let call = facts.call(
                "juju_resolved",
                json!({"units": [name]}),
                "It retries the hook; repair the cause before, else the hook fails again.",
            );
            // by the time of the observer: each retry gives the status a new time
            let candidate = Candidate::new(facts, facts.entity("unit", name), title, observed)
                .with_severity(FindingSeverity::Critical)
                .with_hold((thresholds.time("lasting") - facts.age(unit.workload.since)).max(chrono::TimeDelta::zero()))
                .with_call(call);
            candidates.push(candidate);
        }
        candidates
    }
}
