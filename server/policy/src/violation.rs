//! The result of a rule that an act violates: severity, enforcement, message.

use serde::{Deserialize, Serialize};

/// How serious a violation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For information.
    Info,
    /// Against good practice.
    Low,
    /// Likely to cause problems.
    Medium,
    /// Likely to cause harm.
    High,
    /// Likely to cause harm that cannot be undone.
    Critical,
}

impl Severity {
    /// `info`, `low`, `medium`, `high`, `critical`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What follows if an act violates a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// The act is performed; the reply and the ledger contain the warning.
    Warn,
    /// The act needs an approval.
    RequireApproval,
    /// The act is denied.
    Deny,
}

impl Enforcement {
    /// `warn`, `require_approval`, `deny`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::RequireApproval => "require_approval",
            Self::Deny => "deny",
        }
    }
}

/// A rule that an act violates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Name of the rule.
    pub rule: String,
    /// Severity of the rule.
    pub severity: Severity,
    /// What follows.
    pub enforcement: Enforcement,
    /// Message of the rule.
    pub message: String,
    /// What the check found in this act.
    pub detail: String,
    /// Whether the approver has to be another person than the requester.
    pub requires_second_approver: bool,
}

impl Violation {
    /// The message and the detail as one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match (self.message.trim_end_matches('.'), self.detail.as_str()) {
            ("", detail) => detail.to_owned(),
            (message, "") => message.to_owned(),
            (message, detail) => format!("{message} ({detail})"),
        }
    }
}
