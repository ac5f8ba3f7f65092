//! What a tool returns.

use serde_json::Value;

/// What a tool returns.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What the text shows, as data, for the search for prompt injections; always an object. No client receives it.
    pub value: Value,
    /// The result as text: all that a client receives.
    pub text: String,
    /// Number of invisible characters that were removed from it.
    pub removed: usize,
}
