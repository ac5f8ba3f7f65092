//! Newer charms and agents that could be installed.

use serde_json::json;

use crate::{
    FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects upgrades that are available.
pub(super) struct PendingUpgrades;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "pending_upgrades",
    about: "A newer revision of a charm in its channel, or a newer version of the agents, is available.",
    thresholds: &[Threshold {
        name: "lasting",
        unit: ThresholdUnit::Minutes,
        default: 0.0,
        about: "How long an upgrade may be available before it is reported",
    }],
    rank: None,
    cause: None,
};

impl Detector for PendingUpgrades {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let hold = thresholds.time("lasting");
        let charm = |name: &str, newer: &str| {
            let current = facts.graph.applications.get(name).map(|application| application.charm.clone());
            let observed = evidence("charm", &*current.unwrap_or_default(), newer, None);
            let title = format!("A newer charm is available for the application {name}.");
            let call = facts.call("juju_refresh", json!({"application": name}), "It installs the newest revision.");
            Candidate::new(facts, facts.entity("application", name), title, observed)
                .with_severity(FindingSeverity::Info)
                .with_detail(newer)
                .with_hold(hold)
                .with_call(call)
        };
        let mut candidates: Vec<_> =
            facts.reported.charm_upgrades.iter().map(|(name, newer)| charm(name, newer)).collect();
        if let Some(newer) = &facts.reported.agent_upgrade {
            let current = facts.graph.model.as_ref().map(|model| model.version.clone()).unwrap_or_default();
            let observed = evidence("version of the agents", &*current, &**newer, None);
            let title = "A newer version of the agents is available for the model.".to_owned();
            let call = facts.call(
                "juju_upgrade_model",
                json!({"agent_version": newer}),
                "It upgrades the agents of the model.",
            );
            candidates.push(
                Candidate::new(facts, facts.entity("model", ""), title, observed)
                    .with_severity(FindingSeverity::Info)
                    .with_detail(&**newer)
                    .with_hold(hold)
                    .with_call(call),
            );
        }
        candidates
    }
}
