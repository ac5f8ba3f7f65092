//! Contents of a record: who did what, and with which outcome.

use chrono::{SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use store::LedgerRow;

use crate::event::AuditEvent;

/// A record as the ledger returns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Position in the chain, from 1.
    pub sequence: i64,
    /// Id of the entry, the same in its open and its close record.
    pub entry: String,
    /// Phase and contents.
    #[serde(flatten)]
    pub phase: Phase,
    /// Hash over the previous record and this one, hexadecimal.
    pub hash: String,
}

/// The open or the close record of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Written before the work begins.
    Open(Box<OpenRecord>),
    /// Written when the work has ended.
    Close(CloseRecord),
}

/// The open record of an entry: who requested what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenRecord {
    /// Time of the request, RFC 3339 with microseconds, UTC.
    pub time: String,
    /// Subject of the caller.
    pub caller: String,
    /// The user's address, if an identity provider has verified it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// The caller's identity provider, `iss`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<String>,
    /// Roles of the caller: those of its token, and those from role bindings.
    pub roles: Vec<String>,
    /// Name and version that the caller's MCP client reports.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<String>,
    /// The OAuth client to which the provider issued the caller's token.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oauth_client: Option<String>,
    /// W3C trace id that the client sent with the request; otherwise the id that the server gave it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace_id: Option<String>,
    /// The event, flattened: `event` has its name.
    #[serde(flatten)]
    pub event: AuditEvent,
}

/// The close record of an entry: the outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloseRecord {
    /// Time of the end, RFC 3339 with microseconds, UTC.
    pub time: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The decision of the policy; absent if the policy was not evaluated.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision: Option<Verdict>,
    /// Names of the violated rules, including those that only warn.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rules: Vec<String>,
    /// Messages of violated rules that only warn, one sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
    /// Why the outcome is not `done`, one sentence.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reason: String,
    /// Microseconds from open to close; absent if another process wrote the close record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_us: Option<u64>,
    /// The approval that was requested, used, rejected or decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approval: Option<String>,
    /// Findings in the untrusted text of the call: `arguments:instruction_override`, `result:tool_call_request`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<String>,
    /// References into Juju's own records; absent if the act changed nothing.
    #[serde(skip_serializing_if = "JujuAuditRefs::is_empty", default)]
    pub juju: Box<JujuAuditRefs>,
}

/// References to an act in Juju's own records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JujuAuditRefs {
    /// Requests that the act sent and that may have changed something, as in the controller's audit log.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub requests: Vec<JujuRequest>,
    /// Number of further requests that are not listed.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub omitted_requests: u64,
    /// The operation that Juju created for the act, `12`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
    /// User of the controller that the act was sent as, `ana-example.com+s7f3a@iam.example`: of each act that changes something, and
    /// of each act of a caller that logs in as itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
}

/// One request in the controller's audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JujuRequest {
    /// Id of the connection; `what` of its conversation ends with it.
    pub connection: String,
    /// Its `request-id`.
    pub request: u64,
    /// Its `facade` and `method`, `Application.AddUnits`.
    pub method: String,
}

impl JujuAuditRefs {
    /// Whether Juju's records hold nothing about the act.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The decision of the policy about an act, as the ledger records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedDecision {
    /// Allowed, denied, or approval required.
    pub verdict: Verdict,
    /// Names of the violated rules, including those that only warn.
    pub rules: Vec<String>,
    /// Messages of violated rules that only warn, one sentence each.
    pub warnings: Vec<String>,
}

impl RecordedDecision {
    /// A decision under these rules, without warnings.
    pub fn new(verdict: Verdict, rules: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { verdict, rules: rules.into_iter().map(Into::into).collect(), warnings: Vec::new() }
    }
}

/// Allowed, denied, or approval required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The act is permitted.
    Allow,
    /// A human has to approve the act first.
    RequireApproval,
    /// The act is not permitted.
    Deny,
}

/// Outcome of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Done,
    /// Not permitted; nothing was done.
    Denied,
    /// Waits for an approval; nothing was done.
    PendingApproval,
    /// Refused or failed, and known to have had no full effect.
    Failed,
    /// The caller disconnected before the answer; nothing was changed.
    Cancelled,
    /// Sent, but it is not known whether it took effect.
    Unknown,
}

impl Outcome {
    /// The outcome as the ledger writes it, `pending_approval`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::PendingApproval => "pending_approval",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }

    /// Parses the form of [`Self::as_str`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Done, Self::Denied, Self::PendingApproval, Self::Failed, Self::Cancelled, Self::Unknown];
        all.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

impl Record {
    /// Time of the record, RFC 3339 with microseconds, UTC.
    #[must_use]
    pub fn time(&self) -> &str {
        match &self.phase {
            Phase::Open(opened) => &opened.time,
            Phase::Close(closed) => &closed.time,
        }
    }

    /// Parses a row; returns `None` for a checkpoint.
    pub(crate) fn from_row(row: &LedgerRow) -> Result<Option<Self>, serde_json::Error> {
        let phase = match row.phase.as_str() {
            "open" => Phase::Open(serde_json::from_str(&row.body)?),
            "close" => Phase::Close(serde_json::from_str(&row.body)?),
            _ => return Ok(None),
        };
        Ok(Some(Self { sequence: row.sequence, entry: row.entry.clone(), phase, hash: row.hash.clone() }))
    }
}

/// The current time in the format of records.
pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_record_omits_empty_juju_references() {
        let plain = r#"{"time":"2026-01-02T03:04:05.000006Z","outcome":"done","duration_us":7}"#;
        let mut closed: CloseRecord = serde_json::from_str(plain).expect("a close record");
        assert_eq!(serde_json::to_string(&closed).expect("JSON"), plain);
        let method = "Action.EnqueueOperation".to_owned();
        let request = JujuRequest { connection: "0f1e2d3c4b5a6978".to_owned(), request: 17, method };
        *closed.juju = JujuAuditRefs {
            requests: vec![request],
            omitted_requests: 0,
            operation: Some("12".to_owned()),
            user: Some("ana".to_owned()),
        };
        let juju = r#","juju":{"requests":[{"connection":"0f1e2d3c4b5a6978","request":17,"method":"Action.EnqueueOperation"}],"operation":"12","user":"ana"}}"#;
        let text = serde_json::to_string(&closed).expect("JSON");
        assert_eq!(text, plain.replace('}', juju));
        assert_eq!(serde_json::from_str::<CloseRecord>(&text).expect("a close record"), closed);
    }
}
