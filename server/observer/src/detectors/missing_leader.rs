//! Applications without a leader: their charm can neither change relation data of the application nor run most of its work.

use serde_json::json;

use crate::{
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects applications that have units and no leader.
pub(super) struct MissingLeader;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "missing_leader",
    about: "An application has units, and none of them is the leader.",
    thresholds: &[Threshold {
        name: "lasting",
        unit: ThresholdUnit::Minutes,
        default: 2.0,
        about: "How long an election may take",
    }],
    rank: Some(60),
    cause: None,
};

impl Detector for MissingLeader {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let without = facts.reported.leaders.iter().filter(|(_, has_leader)| !**has_leader);
        let candidate = |name: &str| {
            let observed = evidence("leaders of the application", "0", "1", None);
            let title = format!("The application {name} has no leader.");
            let call = json!({"entity_name": name, "type": "application"});
            Candidate::new(facts, facts.entity("application", name), title, observed)
                .with_hold(thresholds.time("lasting"))
                .with_call(facts.call("juju_show_status_log", call, "The history shows which unit was lost."))
        };
        without.map(|(name, _)| candidate(name)).collect()
    }
}
