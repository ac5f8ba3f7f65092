//! Secrets, certificates and credentials that end soon.

use serde_json::json;

use crate::{
    CauseClass, FindingSeverity,
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::{ModelFacts, duration_text},
    finding::{FindingTrend, TrendDirection},
};

/// Detects what ends soon.
pub(super) struct ExpirySoon;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "expiry",
    about: "A secret, a certificate or a credential ends soon.",
    thresholds: &[
        Threshold { name: "warning", unit: ThresholdUnit::Days, default: 21.0, about: "When it is a warning" },
        Threshold { name: "critical", unit: ThresholdUnit::Days, default: 3.0, about: "When it is critical" },
    ],
    rank: Some(12),
    cause: Some((CauseClass::Infrastructure, 2.0)),
};

impl Detector for ExpirySoon {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let mut candidates = Vec::new();
        for expiry in &facts.reported.expiries {
            let left = expiry.at.signed_duration_since(facts.now);
            if left > thresholds.time("warning") {
                continue;
            }
            let is_critical = left <= thresholds.time("critical");
            let value = if left < chrono::TimeDelta::zero() { "none".to_owned() } else { duration_text(left) };
            let expected = format!("more than {}", duration_text(thresholds.time("warning")));
            let observed = evidence("time that is left", value, expected, None);
            let title = format!("The {} {} ends soon.", expiry.kind, expiry.name);
            let call = match expiry.kind {
                "secret" => facts.call(
                    "juju_show_secret",
                    json!({"id_or_name": expiry.name}),
                    "It shows who owns the secret and when it is rotated.",
                ),
                _ => facts.call("juju_show_model", json!({}), "It shows the credential of the model."),
            };
            let mut candidate = Candidate::new(facts, facts.entity(expiry.kind, &expiry.name), title, observed)
                .with_severity(if is_critical { FindingSeverity::Critical } else { FindingSeverity::Warning })
                .with_call(call);
            candidate.trend = FindingTrend {
                direction: TrendDirection::Rising,
                limit_at: Some(expiry.at),
                ..FindingTrend::default()
            };
            candidates.push(candidate);
        }
        candidates
    }
}
