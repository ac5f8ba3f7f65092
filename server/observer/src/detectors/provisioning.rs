//! Machines that the cloud does not create.

use serde_json::json;

use crate::{
    CauseClass, FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::{ModelFacts, duration_text},
};

/// Detects machines that are not created.
pub(super) struct Provisioning;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "provisioning",
    about: "The cloud does not create a machine, or needs too long for it.",
    thresholds: &[Threshold {
        name: "pending",
        unit: ThresholdUnit::Minutes,
        default: 15.0,
        about: "How long a machine may be pending",
    }],
    rank: Some(5),
    cause: Some((CauseClass::Infrastructure, 3.0)),
};

impl Detector for Provisioning {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (id, machine) in &facts.graph.machines {
            let (agent, instance) = (&machine.agent, &machine.instance);
            if agent.current != "pending" {
                continue;
            }
            let has_failed = instance.current.contains("error");
            if !has_failed && facts.age(agent.since) < thresholds.time("pending") {
                continue;
            }
            let observed = if has_failed {
                let value = format!("{}: {}", instance.current, instance.message);
                evidence("instance in the cloud", value, "running", instance.since)
            } else {
                let age = duration_text(facts.age(agent.since));
                evidence("time in pending", age, thresholds.at_most("pending"), agent.since)
            };
            let title = if has_failed {
                format!("The cloud does not create the machine {id}.")
            } else {
                format!("The machine {id} stays pending.")
            };
            let call = if has_failed {
                let why = "It asks the cloud again; repair what the message names before.";
                facts.call("juju_retry_provisioning", json!({"machines": [id]}), why)
            } else {
                facts.call("juju_show_machine", json!({"machines": [id]}), "It shows what the cloud reports.")
            };
            // constraints that the cloud cannot meet are those of the application
            let unit = facts.graph.units.values().find(|unit| unit.machine == *id && unit.principal.is_empty());
            let application = unit.filter(|_| has_failed && instance.message.contains("constraints"));
            let entity = match application {
                Some(unit) => facts.entity("application", &unit.application),
                None => facts.entity("machine", id),
            };
            candidates.push(
                Candidate::new(facts, entity, title, observed)
                    .with_detail(if application.is_some() { &**id } else { "" })
                    .with_severity(if has_failed { FindingSeverity::Critical } else { FindingSeverity::Warning })
                    .with_call(call),
            );
        }
        candidates
    }
}
