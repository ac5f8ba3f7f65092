//! PromQL as far as it is needed to limit a query to one model: every selector of it gets a matcher.
//!
//! A query is read into tokens, checked against the grammar, and written again from the same tokens with the matcher in every
//! selector, so that what Prometheus evaluates is what was checked: comments are gone, and strings are copied as they are. Whatever is
//! not in the grammar is refused; a word that could be a metric counts as one. `info()` is refused, because it selects the series of
//! `target_info` without a selector.

mod binder;
#[cfg(test)]
mod tests;
mod token;

use std::fmt;

pub use binder::bind;

/// Longest query, in bytes.
pub const MAX_QUERY_BYTES: usize = 16 * 1024;

/// Label of Juju's topology that identifies a model.
pub const MODEL_UUID: &str = "juju_model_uuid";

/// The matcher that limits a selector to the series of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelMatcher(String);

/// The model that a caller is limited to; `None` for a caller who may see everything.
pub type Limit<'a> = Option<&'a ModelMatcher>;

impl ModelMatcher {
    /// The matcher of the model with this UUID; `None` for a text that is no UUID.
    #[must_use]
    pub fn new(uuid: &str) -> Option<Self> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        (!uuid.is_empty() && uuid.chars().all(plain)).then(|| Self(uuid.to_owned()))
    }

    /// UUID of the model.
    #[must_use]
    pub fn uuid(&self) -> &str {
        &self.0
    }

    /// A selector of all series of the model.
    #[must_use]
    pub fn selector(&self) -> String {
        format!("{{{self}}}")
    }
}

impl fmt::Display for ModelMatcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{MODEL_UUID}=\"{}\"", self.0)
    }
}

/// Why a query cannot be limited to a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {reason}")]
pub struct BindError {
    /// Line in the query, from 1.
    pub line: usize,
    /// Column in the line, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

impl BindError {
    fn new(query: &str, offset: usize, reason: impl Into<String>) -> Self {
        let before = query.get(..offset).unwrap_or(query);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        Self { line, column, reason: reason.into() }
    }
}
