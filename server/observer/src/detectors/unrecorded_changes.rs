//! Changes that were made without this server.

use chrono::{DateTime, TimeDelta, Utc};
use estate::{EntityChange, EntityName};
use serde_json::json;

use crate::{
    Evidence, FindingSeverity, UserConnection,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::{ModelFacts, OwnWrite},
    history::HistoryEntry,
};

/// Detects changes of others.
pub(super) struct UnrecordedChanges;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "unrecorded_changes",
    about: "Options, charm, constraints or relations of an application were changed without this server.",
    thresholds: &[
        Threshold {
            name: "window",
            unit: ThresholdUnit::Minutes,
            default: 60.0,
            about: "How long a change is reported",
        },
        Threshold {
            name: "tolerance",
            unit: ThresholdUnit::Minutes,
            default: 3.0,
            about: "Time between a write of this server and its change",
        },
    ],
    rank: None,
    cause: None,
};

impl Detector for UnrecordedChanges {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let Some(own) = facts.own_writes else { return Vec::new() };
        let window = thresholds.time("window");
        let begin = facts.now.checked_sub_signed(window).unwrap_or(DateTime::UNIX_EPOCH);
        let tolerance = thresholds.time("tolerance");
        let is_own = |entry: &HistoryEntry| {
            let near = |write: &OwnWrite| (entry.time - write.time).abs() <= tolerance;
            own.iter().any(|write| *write.model == *facts.model.model && near(write))
        };
        let mut candidates: Vec<Candidate> = Vec::new();
        for entry in facts.history.since(begin).filter(|entry| !is_own(entry)) {
            let Some((name, what)) = change(facts, entry) else { continue };
            let observed = evidence(what, "changed", "changed by this server", Some(entry.time));
            let until = Some(entry.time + window);
            if let Some(known) = candidates.iter_mut().find(|known| *known.entity.name == *name) {
                known.evidence.push(observed);
                known.evidence.extend(users(facts, entry.time, &known.evidence));
                known.until = until;
                continue;
            }
            let title = format!("The application {name} was changed without this server.");
            let arguments = json!({"applications": [name]});
            let call = facts.call("juju_show_application", arguments, "It shows the application as it is now.");
            let mut candidate = Candidate::new(facts, facts.entity("application", &name), title, observed)
                .with_severity(FindingSeverity::Info)
                .with_call(call);
            candidate.evidence.extend(users(facts, entry.time, &[]));
            candidate.until = until;
            candidates.push(candidate);
        }
        candidates
    }
}

/// How long before a change its user has connected, and how much clocks may differ.
const CONNECTION_WINDOW: TimeDelta = TimeDelta::minutes(2);

/// The users who connected to the model when a change was made, without those that `known` names already.
fn users(facts: &ModelFacts<'_>, time: DateTime<Utc>, known: &[Evidence]) -> Vec<Evidence> {
    let is_near = |connection: &&UserConnection| (connection.time - time).abs() <= CONNECTION_WINDOW;
    let observed = |one: &UserConnection| {
        evidence("user who connected to the model then", &*one.user, "only this server", Some(one.time))
    };
    let found = facts.reported.connections.iter().filter(is_near).map(observed);
    found.filter(|one| !known.iter().any(|other| other.value == one.value)).collect()
}

/// The application of a change that a person makes, and what was changed.
fn change(facts: &ModelFacts<'_>, entry: &HistoryEntry) -> Option<(String, String)> {
    match (&entry.entity, &entry.change) {
        (EntityName::Application(name), EntityChange::Options { options }) => {
            Some((name.to_string(), format!("options {}", options.join(", "))))
        }
        (EntityName::Application(name), EntityChange::Fields { fields }) => {
            let chosen: Vec<&str> =
                fields.iter().copied().filter(|field| ["charm", "constraints", "exposed"].contains(field)).collect();
            (!chosen.is_empty()).then(|| (name.to_string(), chosen.join(", ")))
        }
        (EntityName::Relation(id), EntityChange::Added {} | EntityChange::Removed {}) => {
            let relation = facts.history.relation(*id)?;
            // a peer relation comes and goes with its application
            let [first, _] = &relation.endpoints[..] else { return None };
            Some((first.application.to_string(), format!("relation {}", relation.key)))
        }
        _ => None,
    }
    .filter(|_| facts.age(Some(entry.time)) <= TimeDelta::days(1))
}
