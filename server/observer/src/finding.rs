//! A finding: a condition of the estate that a detector has found, with its evidence.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A condition of the estate that a detector has found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Identifies this finding from its opening on, also after a restart; a condition that returns after its end has another.
    pub id: String,
    /// Identifies the condition: detector, model, entity and detail. Equal for each time that it occurs.
    pub fingerprint: String,
    /// Name of the detector, `hook_retries`.
    pub detector: String,
    /// How urgent it is.
    pub severity: FindingSeverity,
    /// One sentence.
    pub title: String,
    /// The entity that has the condition.
    pub entity: FindingEntity,
    /// Entities that depend on it, along relations and across models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<FindingEntity>,
    /// What was observed; never empty.
    pub evidence: Vec<Evidence>,
    /// Id of the finding that this one follows from; `None` for a root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consequence_of: Option<String>,
    /// The probable cause; `None` where nothing is known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<FindingCause>,
    /// How the condition develops.
    pub trend: FindingTrend,
    /// When the condition began or was first observed.
    pub first_seen: DateTime<Utc>,
    /// When it was last observed.
    pub last_seen: DateTime<Utc>,
    /// The call that helps; `None` where a human has to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommended: Option<RecommendedCall>,
    /// Whether it lasts.
    pub state: FindingState,
    /// Number of its latest change, see [`crate::FindingChange`].
    pub change: u64,
}

/// How urgent a finding is, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingSeverity {
    /// To know: nothing fails because of it.
    Info,
    /// It becomes a failure if nothing is done.
    Warning,
    /// Something fails now.
    Critical,
}

/// Whether a finding lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingState {
    /// The condition lasts.
    Open,
    /// The condition has ended.
    Closed,
}

/// An entity of the estate by its full place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FindingEntity {
    /// Name of the controller.
    pub controller: Box<str>,
    /// Full name of the model, `admin/shop`.
    pub model: Box<str>,
    /// Kind: `model`, `application`, `unit`, `machine`, `relation`, `offer`, `remote_application`, `storage`, `secret`.
    pub kind: Box<str>,
    /// Its name in the model; empty for the model itself.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub name: Box<str>,
}

/// One observation, compared with what is expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was observed, `failed runs of hook database-relation-changed`.
    pub what: String,
    /// Its value.
    pub value: String,
    /// The threshold, or the expected value.
    pub expected: String,
    /// Since when, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

/// Where a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseClass {
    /// In the code of a charm or its workload.
    Charm,
    /// In options, relations, constraints or other settings that people choose.
    Configuration,
    /// In machines, storage, networks or clouds.
    Infrastructure,
}

/// A probable cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingCause {
    /// Where it is.
    pub class: CauseClass,
    /// How sure the classification is, from 0 to 1.
    pub confidence: f64,
    /// The observations that decided, one phrase each.
    pub reasons: Vec<String>,
}

/// How a condition develops.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingTrend {
    /// Where it goes.
    pub direction: TrendDirection,
    /// When a limit is reached at this pace, where it can be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_at: Option<DateTime<Utc>>,
    /// One phrase with the numbers; empty where there are none.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub detail: Box<str>,
}

/// Where a condition goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendDirection {
    /// It becomes worse.
    Rising,
    /// It does not change.
    Steady,
    /// It becomes better.
    Falling,
}

/// A call of a tool of this server that helps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecommendedCall {
    /// Name of the tool, `juju_resolved`.
    pub tool: String,
    /// Its arguments.
    pub arguments: Map<String, Value>,
    /// Why it helps, one sentence.
    pub why: String,
}

impl Default for FindingTrend {
    fn default() -> Self {
        Self { direction: TrendDirection::Steady, limit_at: None, detail: Box::default() }
    }
}

impl FindingSeverity {
    /// The word for metrics and labels.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl CauseClass {
    /// The word for metrics and labels.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Charm => "charm",
            Self::Configuration => "configuration",
            Self::Infrastructure => "infrastructure",
        }
    }
}

/// Sorts findings for a reader: open ones first, among them roots, those with urgent consequences, and those that affect most.
pub fn sort_findings(findings: &mut [Arc<Finding>]) {
    let urgency = urgencies(findings);
    findings.sort_by_key(|finding| {
        let severity = urgency.get(&finding.id).copied().unwrap_or(finding.severity);
        let urgency = Reverse((severity, finding.affected.len()));
        let order = (finding.first_seen, finding.entity.clone(), finding.id.clone());
        (!finding.is_open(), !finding.is_root(), urgency, order)
    });
}

/// The severity of each finding that something follows from: at least that of its consequences.
fn urgencies(findings: &[Arc<Finding>]) -> BTreeMap<String, FindingSeverity> {
    let by_id: BTreeMap<&str, &Arc<Finding>> = findings.iter().map(|finding| (&*finding.id, finding)).collect();
    let mut urgencies: BTreeMap<String, FindingSeverity> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.is_open()) {
        let mut current = finding;
        // a chain is not longer than all findings together
        for _ in 0..findings.len() {
            let severity = urgencies.entry(current.id.clone()).or_insert(current.severity);
            *severity = finding.severity.max(*severity);
            match current.consequence_of.as_deref().and_then(|id| by_id.get(id)) {
                Some(parent) => current = parent,
                None => break,
            }
        }
    }
    urgencies
}

impl Finding {
    /// Whether the condition lasts.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == FindingState::Open
    }

    /// Whether it follows from no other finding.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.consequence_of.is_none()
    }
}
