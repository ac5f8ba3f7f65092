//! What a tool returns.

use serde_json::Value;

/// What a tool returns.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The result as data: what the client prints with `--format json`; always an object.
    pub value: Value,
    /// The result as text for a reader.
    pub text: String,
    /// Number of invisible characters that were removed from it.
    pub removed: usize,
}

/// The largest result of a read, in bytes of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResultLimit(Option<usize>);

impl ResultLimit {
    /// No limit.
    pub const UNLIMITED: Self = Self(None);

    /// A limit of so many bytes.
    #[must_use]
    pub fn from_bytes(bytes: usize) -> Self {
        Self(Some(bytes))
    }

    /// The number of bytes that fit.
    pub(crate) fn bytes(self) -> usize {
        self.0.unwrap_or(usize::MAX)
    }
}
