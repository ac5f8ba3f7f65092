//! Machines and containers that are lost.

use estate::MachineNode;
use serde_json::json;

use crate::{
    CauseClass, FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects lost machines and containers.
pub(super) struct MachineLoss;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "machine_loss",
    about: "The agent of a machine or container is down, or its instance has failed.",
    thresholds: &[Threshold {
        name: "lasting",
        unit: ThresholdUnit::Minutes,
        default: 2.0,
        about: "How long it may be away, for example while it restarts",
    }],
    rank: Some(0),
    cause: Some((CauseClass::Infrastructure, 5.0)),
};

impl Detector for MachineLoss {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let lost = facts.graph.machines.iter().filter(|(_, machine)| is_lost(machine));
        let candidate = |(id, machine): (&std::sync::Arc<str>, &MachineNode)| {
            let mut observed =
                vec![evidence("agent of the machine", &*machine.agent.current, "started", machine.agent.since)];
            if is_failed(&machine.instance.current) {
                let value = format!("{}: {}", machine.instance.current, machine.instance.message);
                observed.push(evidence("instance in the cloud", value, "running", machine.instance.since));
            }
            let units: Vec<&str> =
                facts.units().filter(|(_, unit)| unit.machine == *id).map(|(name, _)| name).collect();
            if !units.is_empty() {
                observed.push(evidence("units on it", units.join(", "), "on a machine that works", None));
            }
            let principal = facts.units().find(|(_, unit)| unit.machine == *id && unit.principal.is_empty());
            let call = match principal {
                Some((_, unit)) => {
                    let arguments = json!({"application": unit.application});
                    facts.call("juju_add_unit", arguments, "It replaces the unit of the lost machine on another one.")
                }
                None => {
                    facts.call("juju_show_machine", json!({"machines": [id]}), "It shows the state of the instance.")
                }
            };
            let kind = if id.contains('/') { "container" } else { "machine" };
            let title = format!("The {kind} {id} is lost.");
            let first = observed.remove(0);
            let mut candidate = Candidate::new(facts, facts.entity("machine", id), title, first)
                .with_severity(FindingSeverity::Critical)
                .with_hold(thresholds.time("lasting"))
                .with_call(call);
            candidate.evidence.append(&mut observed);
            candidate
        };
        lost.map(candidate).collect()
    }
}

fn is_lost(machine: &MachineNode) -> bool {
    let started = matches!(&*machine.agent.current, "started" | "idle");
    matches!(&*machine.agent.current, "down" | "lost") || (started && is_failed(&machine.instance.current))
}

fn is_failed(instance: &str) -> bool {
    matches!(instance, "error" | "lost" | "stopped" | "terminated")
}
