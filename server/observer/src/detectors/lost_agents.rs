//! Units with an agent that does not answer the controller.

use serde_json::json;

use crate::{
    CauseClass, FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects lost agents.
pub(super) struct LostAgents;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "lost_agents",
    about: "The agent of a unit does not answer the controller.",
    thresholds: &[Threshold {
        name: "lasting",
        unit: ThresholdUnit::Minutes,
        default: 2.0,
        about: "How long an agent may be away, for example while it restarts",
    }],
    rank: Some(50),
    cause: Some((CauseClass::Infrastructure, 2.5)),
};

impl Detector for LostAgents {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (name, unit) in &facts.graph.units {
            let reported = facts.reported.lost_agents.get(&**name);
            if reported.is_none() && unit.agent.current != "lost" {
                continue;
            }
            let since = reported.copied().flatten().or(unit.agent.since);
            let observed = evidence("agent", "lost", "connected", since);
            let call = if unit.machine.is_empty() {
                facts.call("juju_show_unit", json!({"units": [name]}), "The unit shows the state of its pod.")
            } else {
                let arguments = json!({"machines": [unit.machine]});
                facts.call("juju_show_machine", arguments, "The machine shows whether it is lost too.")
            };
            let title = format!("The agent of {name} is lost.");
            candidates.push(
                Candidate::new(facts, facts.entity("unit", name), title, observed)
                    .with_severity(FindingSeverity::Critical)
                    .with_hold(thresholds.time("lasting"))
                    .with_call(call),
            );
        }
        candidates
    }
}
