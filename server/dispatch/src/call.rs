//! What goes in at the door and what comes out.

use catalogue::{Answer, Progress};
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
}

impl Call {
    /// A request for `tool` with these arguments.
    pub fn new(tool: impl Into<String>, arguments: Map<String, Value>) -> Self {
        Self { tool: tool.into(), arguments, progress: None }
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
}

impl Reply {
    pub(crate) fn of(answer: Answer, entry: &str) -> Self {
        Self { value: answer.value, text: answer.text, entry: entry.to_owned(), repeated: false }
    }
}
