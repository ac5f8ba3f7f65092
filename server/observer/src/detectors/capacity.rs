//! Capacity, by what the controller reports: refusals of the cloud and of the cluster, and machines without units.

use estate::StatusNode;
use serde_json::json;

use crate::{
    CauseClass, FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects missing and idle capacity.
pub(super) struct Capacity;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "capacity",
    about: "The cloud or cluster refuses capacity, or a machine has no units.",
    thresholds: &[
        Threshold { name: "lasting", unit: ThresholdUnit::Minutes, default: 2.0, about: "How long it may be refused" },
        Threshold { name: "idle", unit: ThresholdUnit::Days, default: 3.0, about: "How long a machine may be idle" },
    ],
    rank: Some(3),
    cause: Some((CauseClass::Infrastructure, 3.0)),
};

/// Words of a cloud or cluster that has no capacity.
const REFUSALS: [&str; 10] = [
    "insufficient cpu",
    "insufficient memory",
    "insufficient capacity",
    "insufficientinstancecapacity",
    "quota",
    "no valid host",
    "out of capacity",
    "no matching machine",
    "unschedulable",
    "no available machine",
];

impl Detector for Capacity {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        let lasting = thresholds.time("lasting");
        let mut refused = |kind: &str, name: &str, status: &StatusNode| {
            let message = status.message.to_lowercase();
            let Some(word) = REFUSALS.iter().find(|word| message.contains(**word)) else { return };
            let observed = evidence("answer of the cloud", &*status.message, format!("not: {word}"), status.since);
            let title = format!("The cloud has no capacity for {name}.");
            let call = facts.call("juju_show_model", json!({}), "It shows the cloud and the credential of the model.");
            candidates.push(
                Candidate::new(facts, facts.entity(kind, name), title, observed)
                    .with_detail("refused")
                    .with_severity(FindingSeverity::Critical)
                    .with_hold(lasting)
                    .with_call(call),
            );
        };
        for (id, machine) in facts.graph.machines.iter().filter(|(_, machine)| machine.instance.current != "running") {
            refused("machine", id, &machine.instance);
        }
        for (name, unit) in facts.units().filter(|(_, unit)| unit.workload.current != "active") {
            refused("unit", name, &unit.workload);
        }
        candidates.extend(idle_machines(facts, thresholds));
        candidates
    }
}

/// Machines without units and containers.
fn idle_machines(facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
    let used: std::collections::BTreeSet<&str> = facts.graph.units.values().map(|unit| &*unit.machine).collect();
    let is_used = |id: &str| {
        let inside = format!("{id}/");
        used.contains(id) || facts.graph.machines.keys().any(|other| other.starts_with(&*inside))
    };
    let is_controller = facts.model.model.ends_with("/controller");
    let idle = facts
        .graph
        .machines
        .iter()
        .filter(|(id, machine)| !is_controller && machine.agent.current == "started" && !is_used(id));
    let candidate = |id: &str| {
        let observed = evidence("units on the machine", "0", "at least 1", None);
        let title = format!("The machine {id} has no units.");
        let call = facts.call("juju_remove_machine", json!({"machines": [id]}), "It removes the machine.");
        Candidate::new(facts, facts.entity("machine", id), title, observed)
            .with_detail("idle")
            .with_severity(FindingSeverity::Info)
            .with_hold(thresholds.time("idle"))
            .with_call(call)
    };
    idle.map(|(id, _)| candidate(id)).collect()
}
