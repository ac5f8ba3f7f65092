//! What goes in at the door and what comes out.

use catalogue::{Answer, Progress};
use content::Findings;
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
    /// Where news of long work goes.
    pub progress: Option<mpsc::UnboundedSender<Progress>>,
    /// What it brings to show that a human said yes.
    pub proof: Option<Proof>,
    /// W3C trace id of the request, or the id that the server gave it.
    pub trace: Option<String>,
    /// Most bytes of data in a read's answer; no limit without it.
    pub most_bytes: Option<usize>,
}

/// What a call brings to show that a human said yes, or no. None of it is believed before it is held against the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The id of an approval, decided elsewhere.
    Approval(String),
    /// The human before the asking client confirmed there.
    Confirmed {
        /// The approval that they were asked about.
        approval: String,
        /// What they typed, where they had to type a name.
        word: String,
    },
    /// The human before the asking client said no.
    Declined {
        /// The approval that they were asked about.
        approval: String,
    },
    /// The human before the asking client gave no answer, or none that can be read.
    Dismissed {
        /// The approval that they were asked about.
        approval: String,
    },
    /// Something that was made to look like a proof, and why it is none.
    Forged(String),
}

/// A question that waits for a human.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiting {
    /// The question.
    pub approval: Approval,
    /// Whether the human before the asking client may answer it there.
    pub client_can_confirm: bool,
    /// What somebody with the right to approve does about it.
    pub how: String,
    /// Why an earlier approval of the same act no longer counts.
    pub void: Option<ApprovalInvalid>,
}

impl Call {
    /// A request for `tool` with these arguments.
    pub fn new(tool: impl Into<String>, arguments: Map<String, Value>) -> Self {
        Self { tool: tool.into(), arguments, ..Self::default() }
    }
}

/// What a call that was not refused is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The answer as data, always an object.
    pub value: Value,
    /// The answer as text for a reader.
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

/// Whose text an answer holds, and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance {
    /// It holds text of an estate, which anybody may have written who runs a workload there.
    pub of_estate: bool,
    /// Characters that nobody sees and that were taken out of it.
    pub removed: usize,
    /// Texts in it that want to be obeyed.
    pub suspicious: Findings,
    /// The same in the arguments of the call.
    pub arguments: Findings,
}

impl Reply {
    pub(crate) fn of(answer: Answer, entry: &str, warnings: Vec<Violation>) -> Self {
        let provenance = Box::new(Provenance { removed: answer.removed, ..Provenance::default() });
        Self { value: answer.value, text: answer.text, entry: entry.to_owned(), repeated: false, warnings, provenance }
    }

    /// The answer of an earlier call, whose entry it names.
    pub(crate) fn again(value: Value, text: String, entry: String) -> Self {
        // what was found in its text stands with that entry
        let provenance = Box::new(Provenance { of_estate: true, ..Provenance::default() });
        Self { value, text, entry, repeated: true, warnings: Vec::new(), provenance }
    }
}
