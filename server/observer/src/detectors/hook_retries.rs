//! Hooks that fail and succeed again: the early sign of a hook that will fail permanently.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use estate::{EntityChange, EntityName};
use serde_json::json;

use crate::{
    detector::{Candidate, Detector, DetectorDescription, Threshold, ThresholdUnit, Thresholds, evidence},
    facts::ModelFacts,
    finding::{FindingTrend, TrendDirection},
};

/// Detects hooks that were retried.
pub(super) struct HookRetries;

const DESCRIPTION: DetectorDescription = DetectorDescription {
    name: "hook_retries",
    about: "A hook has failed repeatedly, although a retry may have succeeded since.",
    thresholds: &[
        Threshold { name: "failures", unit: ThresholdUnit::Count, default: 2.0, about: "Failures of one hook" },
        Threshold { name: "window", unit: ThresholdUnit::Minutes, default: 60.0, about: "Time in which they count" },
    ],
    rank: Some(45),
    cause: None,
};

/// Failures of one hook.
struct Failures {
    count: u64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    message: Box<str>,
}

impl Detector for HookRetries {
    fn description(&self) -> &'static DetectorDescription {
        &DESCRIPTION
    }

    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate> {
        let window = thresholds.time("window");
        let mut candidates = Vec::new();
        for ((unit, hook), failures) in failures(facts, window) {
            if !facts.graph.units.contains_key(&*unit) || failures.count < thresholds.count("failures") as u64 {
                continue;
            }
            let what = format!("failed runs of the hook {hook}");
            let expected = format!("fewer than {}", thresholds.count("failures"));
            let observed = evidence(what, failures.count.to_string(), expected, Some(failures.first));
            let title = format!("The hook {hook} of {unit} fails and is retried.");
            let lines = json!({"include": [unit], "level": "WARNING", "lines": 100});
            let mut candidate = Candidate::new(facts, facts.entity("unit", &unit), title, observed)
                .with_detail(&*hook)
                .with_call(facts.call("juju_debug_log", lines, "The log has the error of the hook."));
            if !failures.message.is_empty() {
                candidate.evidence.push(evidence("message", &*failures.message, "none", Some(failures.last)));
            }
            candidate.until = Some(failures.last + window);
            candidate.trend = FindingTrend { direction: TrendDirection::Rising, ..FindingTrend::default() };
            candidates.push(candidate);
        }
        candidates
    }
}

/// The failures of each hook of each unit: from the statuses, and from the log, which also has those that were too short for a
/// watcher.
fn failures(facts: &ModelFacts<'_>, window: chrono::TimeDelta) -> BTreeMap<(Box<str>, Box<str>), Failures> {
    let begin = facts.now.checked_sub_signed(window).unwrap_or(DateTime::UNIX_EPOCH);
    let mut found: BTreeMap<(Box<str>, Box<str>), Failures> = BTreeMap::new();
    for entry in facts.history.since(begin) {
        let (EntityName::Unit(unit), EntityChange::HookFailed { hook, message }) = (&entry.entity, &entry.change)
        else {
            continue;
        };
        let key = ((&**unit).into(), hook.clone());
        let known = found.entry(key).or_insert_with(|| Failures {
            count: 0,
            first: entry.time,
            last: entry.time,
            message: message.clone(),
        });
        (known.count, known.last) = (known.count + 1, entry.time.max(known.last));
    }
    for unit in facts.graph.units.keys() {
        for group in facts.logs_of(&EntityName::Unit(unit.clone())).filter(|group| group.last_seen > begin) {
            let Some(hook) = failed_hook(&group.sample) else { continue };
            let key = ((&**unit).into(), hook.into());
            let known = found.entry(key).or_insert_with(|| Failures {
                count: 0,
                first: group.first_seen.max(begin),
                last: group.last_seen,
                message: group.sample.clone(),
            });
            (known.count, known.last) = (known.count.max(group.count), group.last_seen.max(known.last));
        }
    }
    found
}

/// The hook of a line `hook "config-changed" (via hook dispatching script: dispatch) failed: exit status 1`.
fn failed_hook(line: &str) -> Option<&str> {
    let (hook, rest) = line.split_once("hook \"")?.1.split_once('"')?;
    rest.contains("failed").then_some(hook)
}
