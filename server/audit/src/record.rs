//! What stands in a record: who asked for what, and how it ended.

use chrono::{SecondsFormat, Utc};
use policy::Act;
use serde::{Deserialize, Serialize};
use store::LedgerRow;

/// A record as it is read back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Place in the chain, from 1.
    pub sequence: i64,
    /// Joins a beginning to its end.
    pub act: String,
    /// Which of the two it is.
    #[serde(flatten)]
    pub phase: Phase,
    /// Hash of the record before and of this one, hexadecimal.
    pub hash: String,
}

/// The beginning or the end of an act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
pub enum Phase {
    /// Asked for, not yet judged.
    Open(Box<Beginning>),
    /// Ended, one way or another.
    Close(Ending),
}

/// What was asked for, by whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beginning {
    /// When, RFC 3339 with microseconds, UTC.
    pub time: String,
    /// Subject of the caller.
    pub caller: String,
    /// The user's address, where an identity provider has verified it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// The identity provider that the caller comes from, `iss`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<String>,
    /// Roles that the caller held: those of its token, and those that bindings give.
    pub roles: Vec<String>,
    /// What the caller's MCP client calls itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<String>,
    /// The OAuth client that the caller's token was given to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oauth_client: Option<String>,
    /// W3C trace id of the request where its client sent one, else the id that the server gave it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub trace: Option<String>,
    /// The act, its arguments redacted.
    pub asked: Act,
    /// Digest of the act before redaction, so that a record can be held against an approval.
    pub digest: String,
    /// Whether only a dry run was asked for.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub dry_run: bool,
    /// The caller's idempotency key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub idempotency_key: Option<String>,
}

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// When, RFC 3339 with microseconds, UTC.
    pub time: String,
    /// Which way.
    pub outcome: Outcome,
    /// What policy said; absent where the act never came before it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision: Option<Decision>,
    /// One sentence, where it did not go well.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub reason: String,
    /// Microseconds between beginning and end; absent where another process wrote the end.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_us: Option<u64>,
    /// The approval that was asked for, used, refused or decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub approval: Option<String>,
    /// What was noticed about its text: `arguments:override`, `result:tools`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub labels: Vec<String>,
    /// What Juju itself calls it; absent where it changed nothing.
    #[serde(skip_serializing_if = "Juju::is_empty", default)]
    pub juju: Box<Juju>,
}

/// By what an act is found in Juju's own records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Juju {
    /// The requests that it sent and that may have changed something, as the controller's audit log has them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub requests: Vec<JujuRequest>,
    /// Further requests that are not named.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub more_requests: u64,
    /// The operation that Juju made of it, `12`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<String>,
}

/// One request in the controller's audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JujuRequest {
    /// Mark of the connection; `what` of its conversation ends with it.
    pub connection: String,
    /// Its `request-id`.
    pub request: u64,
    /// Its `facade` and `method`, `Application.AddUnits`.
    pub method: String,
}

impl Juju {
    /// Whether Juju has nothing of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What policy said to an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Which of the three.
    pub ruling: Ruling,
    /// Names of the rules that struck, those included that only warn.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub rules: Vec<String>,
    /// What rules that only warn had to say, a sentence each.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub warnings: Vec<String>,
}

impl Decision {
    /// A decision under these rules, without warnings.
    pub fn new(ruling: Ruling, rules: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { ruling, rules: rules.into_iter().map(Into::into).collect(), warnings: Vec::new() }
    }
}

/// Allowed, to be asked about, or denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// It may be done.
    Allow,
    /// A human has to say yes first.
    Ask,
    /// It may not be done.
    Deny,
}

/// Which way an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done.
    Done,
    /// Not permitted; nothing was done.
    Denied,
    /// Waits for a human; nothing was done.
    Asked,
    /// Refused or failed, and known to have had no full effect.
    Failed,
    /// The caller went away before the answer; only reads end so.
    Cancelled,
    /// Sent, but whether it took effect is not known.
    Unknown,
}

impl Record {
    /// When it was written, RFC 3339 with microseconds, UTC.
    #[must_use]
    pub fn time(&self) -> &str {
        match &self.phase {
            Phase::Open(begun) => &begun.time,
            Phase::Close(ended) => &ended.time,
        }
    }

    /// The record in a row; nothing in one that is a head.
    pub(crate) fn read(row: &LedgerRow) -> Result<Option<Self>, serde_json::Error> {
        let phase = match row.phase.as_str() {
            "open" => Phase::Open(serde_json::from_str(&row.body)?),
            "close" => Phase::Close(serde_json::from_str(&row.body)?),
            _ => return Ok(None),
        };
        Ok(Some(Self { sequence: row.sequence, act: row.act.clone(), phase, hash: row.hash.clone() }))
    }
}

/// This moment as records write it.
pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_says_by_what_juju_has_the_act_and_nothing_where_it_has_not() {
        let older = r#"{"time":"2026-01-02T03:04:05.000006Z","outcome":"done","duration_us":7}"#;
        let mut end: Ending = serde_json::from_str(older).expect("as an older server wrote it");
        assert_eq!(serde_json::to_string(&end).expect("JSON"), older);
        let method = "Action.EnqueueOperation".to_owned();
        let request = JujuRequest { connection: "0f1e2d3c4b5a6978".to_owned(), request: 17, method };
        *end.juju = Juju { requests: vec![request], more_requests: 0, operation: Some("12".to_owned()) };
        let juju = r#","juju":{"requests":[{"connection":"0f1e2d3c4b5a6978","request":17,"method":"Action.EnqueueOperation"}],"operation":"12"}}"#;
        let text = serde_json::to_string(&end).expect("JSON");
        assert_eq!(text, older.replace('}', juju));
        assert_eq!(serde_json::from_str::<Ending>(&text).expect("reads"), end);
    }
}
