//! Errors in the log that occur much more often than before.

use serde_json::json;

use crate::{
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
    finding::{FindingTrend, TrendDirection},
};

/// Detects bursts of errors.
pub(super) struct LogBursts;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "log_bursts",
    about: "One error occurs in the log of a unit or machine again and again within five minutes.",
    thresholds: &[Threshold {
        name: "lines",
        unit: ThresholdUnit::Count,
        default: 15.0,
        about: "Lines of one kind within five minutes",
    }],
    rank: Some(58),
    cause: None,
};

impl Detector for LogBursts {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let limit = thresholds.count("lines");
        let is_burst = |count: u64| usize::try_from(count).unwrap_or(usize::MAX) >= limit;
        let mut candidates = Vec::new();
        for group in facts.logs.iter().filter(|group| &*group.level == "ERROR" && is_burst(group.recent)) {
            let Some((kind, name)) = entity(&group.entity) else { continue };
            let expected = format!("fewer than {limit} in 5 min");
            let observed =
                evidence("lines of this kind in 5 min", group.recent.to_string(), expected, Some(group.first_seen));
            let title = format!("The log of {name} has a burst of errors.");
            let arguments = json!({"include": [name], "level": "ERROR", "lines": 200});
            let mut candidate = Candidate::new(facts, facts.entity(kind, &name), title, observed)
                .with_detail(&*group.pattern)
                .with_call(facts.call("juju_debug_log", arguments, "The log has the lines before the burst."));
            candidate.evidence.push(evidence("one of the lines", &*group.sample, "none", Some(group.last_seen)));
            candidate.trend = FindingTrend { direction: TrendDirection::Rising, ..FindingTrend::default() };
            candidate.until = Some(group.last_seen + chrono::TimeDelta::minutes(5));
            candidates.push(candidate);
        }
        candidates
    }
}

/// Kind and name of an entity of the log: `unit-my-app-0` is `my-app/0`.
fn entity(tag: &str) -> Option<(&'static str, String)> {
    if let Some(unit) = tag.strip_prefix("unit-") {
        let (application, number) = unit.rsplit_once('-')?;
        return Some(("unit", format!("{application}/{number}")));
    }
    Some(("machine", tag.strip_prefix("machine-")?.replace('-', "/")))
}
