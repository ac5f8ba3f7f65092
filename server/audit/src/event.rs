//! Events that the ledger records: tool calls, and everything else that an auditor has to see.

use policy::{Act, Location};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bounded_arguments::{bound_arguments, bound_targets, summarize};

/// One event that the ledger records. Its JSON is part of the open record, with the name of the event in `event`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AuditEvent {
    /// A caller called a tool.
    ToolCall(Box<ToolCall>),
    /// A token or a sign-in was rejected.
    AuthenticationFailed {
        /// Machine-readable reason, `expired`; also the label of the metric.
        reason: String,
        /// Failures of the same kind from the same address since the previous record, which have no record of their own.
        suppressed_count: u64,
    },
    /// The server loaded another policy from its files.
    PolicyReloaded {
        /// Differences in who may do what.
        changes: Value,
    },
    /// Calls were refused by a rate limit before they were examined.
    RateLimited {
        /// Owner of the limit: `caller` or `tool`.
        scope: String,
        /// The limit: `rate` or `concurrency`.
        limit: String,
        /// The tool with the limit; absent for a limit of the caller.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        tool: Option<String>,
        /// Refused calls since the previous record, this one included.
        refused_count: u64,
    },
    /// A caller approved or rejected an approval request, or tried to.
    ApprovalDecided {
        /// Id of the approval.
        approval_id: String,
        /// Whether the caller approved it.
        approved: bool,
        /// Digest of the act as it was shown to the caller.
        digest: String,
        /// The caller's own explanation; may be empty.
        comment: String,
        /// Where the decision was made: `api`, `console`, `client`.
        channel: String,
        /// What the decision proves.
        kind: ApprovalKind,
        /// Location of the act, flattened; [`Location::Client`] if the approval is unknown.
        #[serde(flatten)]
        location: Location,
    },
    /// A caller without the permission to approve tried to read the approval of another caller.
    ApprovalViewed {
        /// Id of the approval.
        approval_id: String,
    },
}

/// What the decision about an approval request proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// The requesting client sent the answer with the token of the request. It is worth as much as that client.
    ClientConfirmation,
    /// An approver decided, with another client or token than the request.
    Approver,
    /// As [`Self::Approver`], and a rule required another person than the requester.
    SecondApprover,
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The act, its arguments redacted.
    pub operation: Act,
    /// Digest of the act before redaction, so that a record can be compared with an approval.
    pub digest: String,
    /// Whether the caller requested a dry run.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub dry_run: bool,
    /// The caller's idempotency key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub idempotency_key: Option<String>,
}

impl ToolCall {
    /// A call that is no dry run and has no idempotency key. Removes the secrets from the act, and bounds the size of its arguments.
    #[must_use]
    pub fn new(act: &Act) -> Self {
        let operation = act.without_secrets();
        let operation = Act { arguments: bound_arguments(operation.arguments), ..operation };
        let operation = bound_targets(operation);
        Self { operation, digest: act.digest(), dry_run: false, idempotency_key: None }
    }
}

impl From<ToolCall> for AuditEvent {
    fn from(call: ToolCall) -> Self {
        Self::ToolCall(Box::new(call))
    }
}

impl AuditEvent {
    /// Replaces the arguments of a tool call by their size and digest.
    pub(crate) fn summarize_arguments(&mut self) {
        if let Self::ToolCall(call) = self {
            call.operation.arguments = summarize(&call.operation.arguments);
        }
    }

    /// Name of the event as the ledger writes it, `tool_call`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ToolCall(_) => "tool_call",
            Self::AuthenticationFailed { .. } => "authentication_failed",
            Self::PolicyReloaded { .. } => "policy_reloaded",
            Self::RateLimited { .. } => "rate_limited",
            Self::ApprovalDecided { .. } => "approval_decided",
            Self::ApprovalViewed { .. } => "approval_viewed",
        }
    }

    /// Name of the called tool; for other events the name of the event.
    #[must_use]
    pub fn name(&self) -> &str {
        self.operation().map_or_else(|| self.kind(), |act| &act.tool)
    }

    /// The act of a tool call, redacted.
    #[must_use]
    pub fn operation(&self) -> Option<&Act> {
        match self {
            Self::ToolCall(call) => Some(&call.operation),
            _ => None,
        }
    }

    /// Location that the event concerns; [`Location::Client`] if it concerns none.
    #[must_use]
    pub fn location(&self) -> &Location {
        match self {
            Self::ToolCall(call) => &call.operation.target.location,
            Self::ApprovalDecided { location, .. } => location,
            _ => &Location::Client,
        }
    }

    /// Whether the event changes something: the estate, the policy or an approval. The disk must have the records of such an event.
    #[must_use]
    pub fn changes(&self) -> bool {
        match self {
            Self::ToolCall(call) => call.operation.effect.changes() && !call.dry_run,
            Self::PolicyReloaded { .. } | Self::ApprovalDecided { .. } => true,
            Self::AuthenticationFailed { .. } | Self::RateLimited { .. } | Self::ApprovalViewed { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn audit_event_serializes_its_name_beside_its_fields() {
        let event = AuditEvent::RateLimited {
            scope: "caller".to_owned(),
            limit: "rate".to_owned(),
            tool: None,
            refused_count: 3,
        };
        let json = json!({"event": "rate_limited", "scope": "caller", "limit": "rate", "refused_count": 3});
        assert_eq!(serde_json::to_value(&event).expect("JSON"), json);
        assert_eq!(serde_json::from_value::<AuditEvent>(json).expect("an event"), event);
        assert_eq!(event.kind(), "rate_limited");
    }
}
