//! Alerts of other systems, joined to the entities that their labels name.

use serde_json::json;

use crate::{
    ExternalAlert,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects alerts of other systems.
pub(super) struct ExternalAlerts;

pub(super) const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "external_alert",
    about: "An alert of Alertmanager lasts, and its labels name an entity of the model; it closes when the alert resolves.",
    thresholds: &[Threshold {
        name: "unrepeated",
        unit: ThresholdUnit::Days,
        default: 7.0,
        about: "How long an alert lasts that its sender neither repeats nor resolves",
    }],
    // an alert is a symptom: it follows from what the observer has detected itself
    rank: Some(90),
    cause: None,
};

impl Detector for ExternalAlerts {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let limit = thresholds.time("unrepeated");
        let lasting = facts.alerts.iter().filter(|alert| facts.age(Some(alert.received)) <= limit);
        lasting.map(|alert| candidate(facts, alert)).collect()
    }
}

fn candidate(facts: &ModelFacts<'_>, alert: &ExternalAlert) -> Candidate {
    let (kind, name) = place(facts, alert);
    let observed = evidence(format!("alert {}", alert.name), &*alert.summary, "no alert", Some(alert.started));
    let of = if name.is_empty() { "the model".to_owned() } else { name.to_owned() };
    let title = format!("The alert {} of {of} lasts.", alert.name);
    let call = match kind {
        "unit" => facts.call("juju_show_unit", json!({"units": [name]}), "It shows the unit that the alert names."),
        "machine" => {
            facts.call("juju_show_machine", json!({"machines": [name]}), "It shows the machine that the alert names.")
        }
        "application" => {
            facts.call("juju_status", json!({"selectors": [name]}), "It shows the application that the alert names.")
        }
        _ => facts.call("juju_status", json!({}), "It shows the model that the alert names."),
    };
    let mut candidate = Candidate::new(facts, facts.entity(kind, name), title, observed)
        .with_severity(alert.severity)
        .with_detail(&*alert.fingerprint)
        .with_call(call);
    if !alert.description.is_empty() {
        candidate.evidence.push(evidence("description", &*alert.description, "none", None));
    }
    candidate.evidence.push(evidence("sender", &*alert.sent_by, "none", Some(alert.received)));
    candidate
}

/// The smallest entity that the labels name and the model has.
fn place<'a>(facts: &ModelFacts<'_>, alert: &'a ExternalAlert) -> (&'static str, &'a str) {
    let graph = facts.graph;
    if graph.units.contains_key(&*alert.unit) {
        return ("unit", &alert.unit);
    }
    if graph.machines.contains_key(&*alert.machine) {
        return ("machine", &alert.machine);
    }
    // a unit that is gone has left its application
    let of_unit = alert.unit.split_once('/').map_or("", |(application, _)| application);
    let named = [&*alert.application, of_unit];
    match named.into_iter().find(|name| graph.applications.contains_key(*name)) {
        Some(application) => ("application", application),
        None => ("model", ""),
    }
}
