//! Relations that do not work, and applications that miss one that was removed.

use chrono::{DateTime, TimeDelta};
use estate::{EntityChange, EntityName, RelationNode};
use serde_json::json;

use crate::{
    CauseClass, FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::{ModelFacts, ReportedStatus},
};

/// Detects relations that do not work.
pub(super) struct BrokenRelations;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "broken_relations",
    about: "A relation is suspended, failed or does not join; or units miss a relation that was removed.",
    thresholds: &[
        Threshold { name: "lasting", unit: ThresholdUnit::Minutes, default: 2.0, about: "How long a status may last" },
        Threshold { name: "joining", unit: ThresholdUnit::Minutes, default: 15.0, about: "How long it may be joining" },
    ],
    rank: Some(30),
    cause: Some((CauseClass::Configuration, 2.0)),
};

/// How long a removed relation explains units that do not work.
const REMOVED_WINDOW: TimeDelta = TimeDelta::hours(24);

impl Detector for BrokenRelations {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let reported = facts.reported.relations.iter();
        let mut candidates: Vec<_> =
            reported.filter_map(|(id, status)| of_relation(facts, thresholds, *id, status)).collect();
        candidates.extend(removed(facts));
        candidates.extend(remote_applications(facts, thresholds));
        candidates
    }
}

fn of_relation(
    facts: &ModelFacts<'_>,
    thresholds: &Thresholds<'_>,
    id: i64,
    status: &ReportedStatus,
) -> Option<Candidate> {
    let relation = facts.graph.relations.get(&id)?;
    let name = if &*status.status == "joining" { "joining" } else { "lasting" };
    let mut observed = vec![evidence("status of the relation", &*status.status, "joined", status.since)];
    if !status.message.is_empty() {
        observed.push(evidence("message", &*status.message, "none", status.since));
    }
    let call = if &*status.status == "suspended" {
        facts.call("juju_resume_relation", json!({"relation_ids": [id]}), "It resumes the relation.")
    } else {
        facts.call("juju_status", json!({"relations": true}), "The status shows both ends of the relation.")
    };
    let title = format!("The relation {} is {}.", relation.key, status.status);
    let first = observed.remove(0);
    let mut candidate = Candidate::new(facts, facts.entity("relation", &relation.key), title, first)
        .with_hold(thresholds.time(name))
        .with_call(call);
    candidate.evidence.append(&mut observed);
    Some(candidate)
}

/// Applications with units that do not work since a relation of theirs was removed.
fn removed(facts: &ModelFacts<'_>) -> Vec<Candidate> {
    let begin = facts.now.checked_sub_signed(REMOVED_WINDOW).unwrap_or(DateTime::UNIX_EPOCH);
    let mut candidates = Vec::new();
    for entry in facts.history.since(begin) {
        let (EntityName::Relation(id), EntityChange::Removed {}) = (&entry.entity, &entry.change) else { continue };
        let Some(relation) = facts.history.relation(*id) else { continue };
        let [first, second] = &relation.endpoints[..] else { continue };
        let requirer = if &*first.role == "requirer" { first } else { second };
        let is_related = |one: &RelationNode| {
            one.endpoints.iter().any(|end| end.application == requirer.application && end.name == requirer.name)
        };
        if facts.graph.relations.values().any(is_related) {
            continue;
        }
        let suffers = |unit: &estate::UnitNode| {
            *unit.application == *requirer.application
                && matches!(&*unit.workload.current, "blocked" | "waiting" | "error")
                && unit.workload.since.is_none_or(|since| since >= entry.time - TimeDelta::minutes(1))
        };
        let Some((unit, node)) = facts.units().find(|(_, unit)| suffers(unit)) else { continue };
        let ends = relation.key.split(' ').collect::<Vec<_>>();
        let observed = evidence("relation", "removed", &*relation.key, Some(entry.time));
        let title = format!("The application {} misses the relation {}.", requirer.application, relation.key);
        let call = facts.call("juju_integrate", json!({"endpoints": ends}), "It creates the relation again.");
        let mut candidate = Candidate::new(facts, facts.entity("application", &requirer.application), title, observed)
            .with_detail(&*relation.key)
            .with_severity(FindingSeverity::Critical)
            .with_call(call);
        let what = format!("status of {unit}");
        let value = format!("{}: {}", node.workload.current, node.workload.message);
        candidate.evidence.push(evidence(what, value, "active", node.workload.since));
        candidates.push(candidate);
    }
    candidates
}

/// Applications of other models that do not work here any more.
fn remote_applications(facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (name, remote) in &facts.graph.remote_applications {
        let status = &remote.status;
        if !matches!(&*status.current, "error" | "terminated" | "unknown") || status.message.is_empty() {
            continue;
        }
        let value = format!("{}: {}", status.current, status.message);
        let observed = evidence(format!("status of the offer {}", remote.offer_url), value, "active", status.since);
        let title = format!("The application {name} of another model does not work.");
        let call =
            facts.call("juju_status", json!({"relations": true}), "The status shows the offer and its relations.");
        candidates.push(
            Candidate::new(facts, facts.entity("remote_application", name), title, observed)
                .with_hold(thresholds.time("lasting"))
                .with_call(call),
        );
    }
    candidates
}
