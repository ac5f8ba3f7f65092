//! What an evaluation depends on beyond the policy, the caller and the act.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{Reservation, fact::Fact};

/// Time, looked-up facts and budget usage for one evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationContext {
    /// Time of the evaluation.
    pub now: DateTime<Utc>,
    /// Toolset of the act's tool; empty if it is unknown.
    pub toolset: String,
    /// Facts that the dispatcher looked up. A rule that needs another fact requires an approval.
    pub facts: BTreeMap<Fact, u64>,
    /// Recent changes, including this act. Without them a rule with a budget requires an approval.
    pub reservation: Option<Reservation>,
}

impl EvaluationContext {
    /// A context with a time only.
    #[must_use]
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now, toolset: String::new(), facts: BTreeMap::new(), reservation: None }
    }
}
