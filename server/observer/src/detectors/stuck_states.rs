//! Units that stay in a state that should pass: allocating, executing, waiting, maintenance, blocked.

use estate::{StatusNode, UnitNode};
use serde_json::json;

use crate::{
    FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::{ModelFacts, duration_text},
};

/// Detects units that stay in a state.
pub(super) struct StuckStates;

const fn limit(name: &'static str, default: f64, about: &'static str) -> Threshold {
    Threshold { name, unit: ThresholdUnit::Minutes, default, about }
}

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "stuck_states",
    about: "A unit stays in a state that should pass.",
    thresholds: &[
        limit("allocating", 10.0, "How long an agent may be allocating"),
        limit("executing", 30.0, "How long an agent may run one hook or action"),
        limit("waiting", 20.0, "How long a workload may be waiting"),
        limit("maintenance", 30.0, "How long a workload may be in maintenance"),
        limit("blocked", 3.0, "How long a workload may be blocked"),
    ],
    rank: Some(80),
    cause: None,
};

impl Detector for StuckStates {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let stuck = facts.units().filter_map(|(name, unit)| candidate(facts, thresholds, name, unit));
        stuck.collect()
    }
}

fn candidate(facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>, name: &str, unit: &UnitNode) -> Option<Candidate> {
    let is_over = |status: &StatusNode, states: &[&'static str]| {
        let state = *states.iter().find(|state| **state == &*status.current)?;
        (facts.age(status.since) >= thresholds.time(state)).then_some(state)
    };
    let workload = is_over(&unit.workload, &["blocked", "waiting", "maintenance"]);
    let agent = is_over(&unit.agent, &["allocating", "executing"]);
    // a unit that waits because its agent is not there yet is allocating
    let (state, status) = match (agent, workload) {
        (Some("allocating"), _) => ("allocating", &unit.agent),
        (_, Some(state)) => (state, &unit.workload),
        (Some(state), None) => (state, &unit.agent),
        (None, None) => return None,
    };
    let age = duration_text(facts.age(status.since));
    let mut observed = vec![evidence(format!("time in {state}"), age, thresholds.at_most(state), status.since)];
    if !status.message.is_empty() {
        observed.push(evidence("message", &*status.message, "none", status.since));
    }
    let severity = if state == "blocked" { FindingSeverity::Critical } else { FindingSeverity::Warning };
    let call = if state == "allocating" && !unit.machine.is_empty() {
        let why = "The machine shows why the unit gets no agent.";
        facts.call("juju_show_machine", json!({"machines": [unit.machine]}), why)
    } else {
        let arguments = json!({"entity_name": name, "type": "unit", "n": 50});
        facts.call("juju_show_status_log", arguments, "The history shows what the unit did before.")
    };
    let title = format!("The unit {name} stays {}.", phrase(state));
    let first = observed.remove(0);
    let mut candidate = Candidate::new(facts, facts.entity("unit", name), title, first)
        .with_severity(severity)
        .with_detail(state)
        .with_call(call);
    candidate.evidence.append(&mut observed);
    // an agent is installed without regard to relations
    candidate.has_own_cause = state == "allocating";
    Some(candidate)
}

fn phrase(state: &str) -> &str {
    if state == "maintenance" { "in maintenance" } else { state }
}
