//! Entities that change their status again and again.

use std::collections::BTreeMap;

use chrono::DateTime;
use estate::{EntityChange, EntityName};
use serde_json::json;

use crate::{
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::{ModelFacts, duration_text},
};

/// Detects statuses that change again and again.
pub(super) struct Flapping;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "flapping",
    about: "The status of a workload or machine changes again and again.",
    thresholds: &[
        Threshold { name: "changes", unit: ThresholdUnit::Count, default: 6.0, about: "Changes of the status" },
        Threshold { name: "window", unit: ThresholdUnit::Minutes, default: 30.0, about: "Time in which they count" },
    ],
    rank: Some(55),
    cause: None,
};

impl Detector for Flapping {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let window = thresholds.time("window");
        let begin = facts.now.checked_sub_signed(window).unwrap_or(DateTime::UNIX_EPOCH);
        let mut changes: BTreeMap<&EntityName, Vec<_>> = BTreeMap::new();
        for entry in facts.history.since(begin) {
            let transition = match &entry.change {
                EntityChange::Status(transition) | EntityChange::Down(transition) => transition,
                // the agent of a unit changes its status with each hook
                EntityChange::AgentStatus(transition) if entry.entity.kind() == "machine" => transition,
                _ => continue,
            };
            if matches!(entry.entity.kind(), "unit" | "machine" | "remote_application")
                && transition.from != transition.to
            {
                changes.entry(&entry.entity).or_default().push((entry.time, transition));
            }
        }
        let over = changes.into_iter().filter(|(_, changes)| changes.len() >= thresholds.count("changes"));
        let candidate = |(entity, changes): (&EntityName, Vec<(_, &estate::Transition)>)| {
            let (first, last) = (changes.first()?.0, changes.last()?.0);
            let expected = format!("fewer than {} in {}", thresholds.count("changes"), duration_text(window));
            let observed = evidence("changes of the status", changes.len().to_string(), expected, Some(first));
            let states: Vec<&str> = changes.iter().rev().take(6).rev().map(|(_, change)| &*change.to).collect();
            let name = entity.to_string();
            let title = format!("The status of {name} changes again and again.");
            let kind = if entity.kind() == "machine" { "machine" } else { "unit" };
            let arguments = json!({"entity_name": name, "type": kind, "n": 50});
            let call =
                facts.call("juju_show_status_log", arguments, "The history shows the states and their messages.");
            let mut candidate =
                Candidate::new(facts, facts.entity(entity.kind(), &name), title, observed).with_call(call);
            candidate.evidence.push(evidence("latest states", states.join(", "), "one state", Some(last)));
            candidate.until = Some(last + window);
            Some(candidate)
        };
        over.filter_map(candidate).collect()
    }
}
