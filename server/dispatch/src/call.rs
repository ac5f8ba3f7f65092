//! What goes in at the dispatcher and what comes out.

use std::{any::Any, sync::Arc};

use catalogue::{Answer, Failure, Progress, ResolvedTarget};
use content::Findings;
use futures::future::BoxFuture;
use policy::{Approval, ApprovalInvalid, Violation};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

/// A request for one tool.
#[derive(Debug, Default)]
pub struct Call {
    /// The tool's name, or the client's word for it.
    pub tool: String,
    /// Its arguments, those included that every tool takes.
    pub arguments: Map<String, Value>,
    /// Receives the progress of long work.
    pub progress: Option<mpsc::UnboundedSender<Progress>>,
    /// The proof of an approval.
    pub proof: Option<ApprovalProof>,
    /// W3C trace id of the request, or the id that the server gave it.
    pub trace: Option<String>,
    /// The caller's share of limits. The act holds it until it has ended, even if the caller has disconnected.
    pub permit: Option<CallPermit>,
    /// Answers a read in the place of the tool, once it is authorized; default: the tool answers.
    pub source: Option<ReadSource>,
}

/// Answers reads from another place than the controller. It receives the resolved target of a read that policy has permitted.
#[derive(Clone)]
pub struct ReadSource(Arc<ReadAnswer>);

/// The answer for a target.
type ReadAnswer = dyn Fn(Arc<ResolvedTarget>) -> BoxFuture<'static, Result<Answer, Failure>> + Send + Sync;

impl ReadSource {
    /// A source that calls `answer`.
    pub fn new(
        answer: impl Fn(Arc<ResolvedTarget>) -> BoxFuture<'static, Result<Answer, Failure>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(answer))
    }

    pub(crate) fn answer(&self, target: Arc<ResolvedTarget>) -> BoxFuture<'static, Result<Answer, Failure>> {
        (self.0)(target)
    }
}

impl std::fmt::Debug for ReadSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ReadSource")
    }
}

/// A share of the limits of a caller, which is returned when it is dropped.
pub type CallPermit = Arc<dyn Any + Send + Sync>;

/// The proof of an approval or a rejection. The dispatcher checks it against the store before it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalProof {
    /// The id of an approval, decided elsewhere.
    Approval(String),
    /// The user confirmed in the MCP client.
    Confirmed {
        /// Id of the approval.
        approval: String,
        /// The name that they typed, where one is required.
        typed_name: String,
    },
    /// The user rejected it in the MCP client.
    Declined {
        /// Id of the approval.
        approval: String,
    },
    /// The user gave no answer in the MCP client, or none that can be read.
    Unanswered {
        /// Id of the approval.
        approval: String,
    },
    /// A proof that this server did not make for this caller, and why.
    Invalid(String),
}

/// An approval request that is not decided.
#[derive(Debug, Clone, PartialEq)]
pub struct PendingApproval {
    /// The request.
    pub approval: Approval,
    /// Whether the user may decide it in the MCP client.
    pub client_can_confirm: bool,
    /// What an approver does about it.
    pub instructions: String,
    /// Why an earlier approval of the same act no longer counts.
    pub invalidated_by: Option<ApprovalInvalid>,
}

impl Call {
    /// A request for `tool` with these arguments.
    pub fn new(tool: impl Into<String>, arguments: Map<String, Value>) -> Self {
        Self { tool: tool.into(), arguments, ..Self::default() }
    }
}

/// The result of a call that was not refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What the text shows, as data, for the search for prompt injections; always an object. No client receives it.
    pub value: Value,
    /// The answer as text: all that a client receives.
    pub text: String,
    /// The entry in the ledger.
    pub entry: String,
    /// Whether this is the recorded answer of an earlier call with the same idempotency key.
    pub repeated: bool,
    /// Rules that warn of what was done, or would be.
    pub warnings: Vec<Violation>,
    /// What is known of its text.
    pub provenance: Box<Provenance>,
}

/// The origin of the text in a reply, and the findings in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// It holds text of an estate, which anyone with a workload there may have written.
    pub untrusted: bool,
    /// Number of invisible characters that were removed from it.
    pub removed: usize,
    /// Suspected prompt injections in it.
    pub findings: Findings,
    /// The same in the arguments of the call.
    pub arguments: Findings,
}

impl Reply {
    pub(crate) fn from_answer(answer: Answer, entry: &str, warnings: Vec<Violation>) -> Self {
        let provenance = Box::new(Provenance { removed: answer.removed, ..Provenance::default() });
        Self { value: answer.value, text: answer.text, entry: entry.to_owned(), repeated: false, warnings, provenance }
    }

    /// The recorded reply of an earlier call, with the entry of that call.
    pub(crate) fn replayed(value: Value, text: String, entry: String) -> Self {
        // the earlier entry has the findings of its text
        let provenance = Box::new(Provenance { untrusted: true, ..Provenance::default() });
        Self { value, text, entry, repeated: true, warnings: Vec::new(), provenance }
    }
}
