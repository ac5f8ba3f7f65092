//! Exported spans of the stages of a call: no names of targets, no arguments, no results.

use audit::{RecordedDecision, Verdict};
use tracing::{Span, field::Empty, info_span};

/// The decision of the policy.
pub(crate) fn policy() -> Span {
    info_span!(target: "otlp_span", "policy", juju_mcp.decision = Empty, juju_mcp.rules = Empty)
}

/// Records the decision in the span of the policy, which is the current one.
pub(crate) fn record_decision(decision: &RecordedDecision) {
    let span = Span::current();
    let verdict = match decision.verdict {
        Verdict::Allow => "allow",
        Verdict::RequireApproval => "require_approval",
        Verdict::Deny => "deny",
    };
    span.record("juju_mcp.decision", verdict);
    span.record("juju_mcp.rules", decision.rules.len());
}

/// A step of the ledger: the begin of an entry, or the wait until the store has it.
pub(crate) fn ledger(step: &'static str) -> Span {
    info_span!(target: "otlp_span", "ledger", otel.name = step)
}
