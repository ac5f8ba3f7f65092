//! Applications with fewer units than they should have.

use serde_json::json;

use crate::{
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
};

/// Detects applications below their scale.
pub(super) struct BelowScale;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "below_scale",
    about: "An application has fewer units than its scale, its minimum or its baseline.",
    thresholds: &[Threshold {
        name: "lasting",
        unit: ThresholdUnit::Minutes,
        default: 5.0,
        about: "How long units may be missing, for example while they are replaced",
    }],
    rank: Some(70),
    cause: None,
};

impl Detector for BelowScale {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for (name, application) in facts.graph.applications.iter().filter(|(_, one)| !one.subordinate) {
            let minimum = u64::try_from(application.min_units).unwrap_or_default();
            let scale = facts.reported.scales.get(&**name).copied().unwrap_or_default();
            let of_baseline = facts.baseline.and_then(|baseline| baseline.applications.get(&**name)?.units);
            let wanted = minimum.max(scale).max(of_baseline.unwrap_or_default());
            let found = facts.units().filter(|(_, unit)| unit.application == *name).count() as u64;
            if found >= wanted {
                continue;
            }
            let observed = evidence("units that are alive", found.to_string(), format!("at least {wanted}"), None);
            let call = if scale > 0 {
                let arguments = json!({"application": name, "scale": wanted});
                facts.call("juju_scale_application", arguments, "It sets the number of units again.")
            } else {
                let arguments = json!({"application": name, "num_units": wanted - found});
                facts.call("juju_add_unit", arguments, "It adds the missing units.")
            };
            let title = format!("The application {name} has fewer units than it should have.");
            candidates.push(
                Candidate::new(facts, facts.entity("application", name), title, observed)
                    .with_hold(thresholds.time("lasting"))
                    .with_call(call),
            );
        }
        candidates
    }
}
