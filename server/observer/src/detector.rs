//! The interface of detectors.
//!
//! A detector is a pure function: it has no connection, no clock and no state. It returns the same candidates for the same
//! facts. The engine remembers them: a candidate opens a finding once it has lasted for [`Candidate::hold`], and the finding
//! closes when the candidate has been absent for a while. A new detector is a file in `detectors/` and a line in
//! [`crate::DETECTORS`]; `detectors/missing_leader.rs` is a short one to copy.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    CauseClass, Evidence, FindingCause, FindingEntity, FindingSeverity, FindingTrend, RecommendedCall,
    facts::{ModelFacts, duration_text},
};

/// Detects one kind of condition.
pub trait Detector: Sync {
    /// What it detects, and its thresholds.
    fn description(&self) -> &'static DetectorDescription;

    /// The conditions that exist now.
    fn detect(&self, facts: &ModelFacts<'_>, thresholds: &Thresholds<'_>) -> Vec<Candidate>;
}

/// What a detector detects.
#[derive(Debug)]
pub struct DetectorDescription {
    /// Name in findings and in the configuration, `hook_retries`.
    pub name: &'static str,
    /// One sentence for the documentation.
    pub about: &'static str,
    /// Its thresholds.
    pub thresholds: &'static [Threshold],
    /// Its place among findings that could cause each other: the root has the lowest; `None` where its findings neither cause
    /// others nor follow from them.
    pub rank: Option<u8>,
    /// The class of the cause that the kind of condition itself points to, with its weight.
    pub cause: Option<(CauseClass, f64)>,
}

/// A number that decides, with its default.
#[derive(Debug)]
pub struct Threshold {
    /// Name in the configuration, `failures`.
    pub name: &'static str,
    /// Its unit.
    pub unit: ThresholdUnit,
    /// Its default.
    pub default: f64,
    /// What it decides.
    pub about: &'static str,
}

/// The unit of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThresholdUnit {
    /// A number of things.
    Count,
    /// Minutes.
    Minutes,
    /// Days.
    Days,
    /// Percent.
    Percent,
}

impl ThresholdUnit {
    /// The word in the documentation.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Minutes => "minutes",
            Self::Days => "days",
            Self::Percent => "percent",
        }
    }
}

/// Thresholds from the configuration, by detector and name.
pub type ConfiguredThresholds = BTreeMap<String, BTreeMap<String, f64>>;

/// The thresholds of one detector.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds<'a> {
    description: &'static DetectorDescription,
    configured: Option<&'a BTreeMap<String, f64>>,
}

impl<'a> Thresholds<'a> {
    /// Those of a detector: configured ones and the defaults of the others.
    #[must_use]
    pub fn new(description: &'static DetectorDescription, configured: &'a ConfiguredThresholds) -> Self {
        Self { description, configured: configured.get(description.name) }
    }

    /// The value of a threshold; 0 for one that the detector does not have.
    #[must_use]
    pub fn value(&self, name: &str) -> f64 {
        let configured = self.configured.and_then(|values| values.get(name)).copied();
        let default = || self.description.thresholds.iter().find(|threshold| threshold.name == name);
        configured.or_else(|| default().map(|threshold| threshold.default)).unwrap_or_default()
    }

    /// The value of a threshold that is a number of things.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rounded number that is not negative"
    )]
    pub fn count(&self, name: &str) -> usize {
        self.value(name).round().max(0.0) as usize
    }

    /// The value of a threshold that is a time.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "a rounded number of seconds")]
    pub fn time(&self, name: &str) -> TimeDelta {
        let unit = self.description.thresholds.iter().find(|threshold| threshold.name == name).map(|found| found.unit);
        let seconds = if unit == Some(ThresholdUnit::Days) { 86_400.0 } else { 60.0 };
        TimeDelta::try_seconds((self.value(name) * seconds).round() as i64).unwrap_or(TimeDelta::MAX)
    }

    /// The text of a time threshold in evidence: `at most 10 min`.
    #[must_use]
    pub fn at_most(&self, name: &str) -> String {
        format!("at most {}", duration_text(self.time(name)))
    }
}

/// A condition that a detector has found now.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The entity that has the condition.
    pub entity: FindingEntity,
    /// Distinguishes conditions of one entity, for example the hook.
    pub detail: String,
    /// How urgent it is.
    pub severity: FindingSeverity,
    /// One sentence, without numbers that change.
    pub title: String,
    /// What was observed; never empty.
    pub evidence: Vec<Evidence>,
    /// How it develops.
    pub trend: FindingTrend,
    /// Since when the condition exists.
    pub since: DateTime<Utc>,
    /// How long it has to be observed before it opens a finding, for conditions that have no time of their own.
    pub hold: TimeDelta,
    /// Until when the finding stays open, for conditions that are events.
    pub until: Option<DateTime<Utc>>,
    /// The call that helps.
    pub recommended: Option<RecommendedCall>,
    /// The probable cause; the engine fills it.
    pub cause: Option<FindingCause>,
    /// Whether the cause is known to be in the entity itself, and not in what it depends on.
    pub has_own_cause: bool,
    /// Whether others can follow from it already.
    pub explains: bool,
}

impl Candidate {
    /// A condition that is a warning since now, with one observation.
    #[must_use]
    pub fn new(facts: &ModelFacts<'_>, entity: FindingEntity, title: String, evidence: Evidence) -> Self {
        Self {
            entity,
            detail: String::new(),
            severity: FindingSeverity::Warning,
            title,
            since: evidence.since.unwrap_or(facts.now).min(facts.now),
            evidence: vec![evidence],
            trend: FindingTrend::default(),
            hold: TimeDelta::zero(),
            until: None,
            recommended: None,
            cause: None,
            has_own_cause: false,
            explains: true,
        }
    }

    /// The same with a severity.
    #[must_use]
    pub fn with_severity(mut self, severity: FindingSeverity) -> Self {
        self.severity = severity;
        self
    }

    /// The same with what distinguishes it from other conditions of the entity.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same, once it has lasted for `hold`.
    #[must_use]
    pub fn with_hold(mut self, hold: TimeDelta) -> Self {
        self.hold = hold;
        self
    }

    /// The same with a call that helps.
    #[must_use]
    pub fn with_call(mut self, call: RecommendedCall) -> Self {
        self.recommended = Some(call);
        self
    }
}

/// An observation.
#[must_use]
pub(crate) fn evidence(
    what: impl Into<String>,
    value: impl Into<String>,
    expected: impl Into<String>,
    since: Option<DateTime<Utc>>,
) -> Evidence {
    Evidence { what: what.into(), value: value.into(), expected: expected.into(), since }
}
