//! What a rule wants of a human before an act.

use serde::{Deserialize, Serialize};

/// One rule that wants a human.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// Name of the rule.
    pub rule: String,
    /// What the rule says to the human, one sentence; empty where its name says all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether the yes has to come from somebody other than whoever asked. Where not, whoever sits before the asking
    /// client may give it there.
    #[serde(default)]
    pub second_person: bool,
}
