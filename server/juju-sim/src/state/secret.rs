//! User secrets of a model.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// A secret.
#[derive(Debug, Clone)]
pub(crate) struct Secret {
    pub(crate) label: String,
    pub(crate) description: String,
    pub(crate) made: DateTime<Utc>,
    /// The oldest first.
    pub(crate) revisions: Vec<Revision>,
    /// Applications that may read it.
    pub(crate) readers: Vec<String>,
}

/// One content of a secret.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    pub(crate) number: i64,
    pub(crate) made: DateTime<Utc>,
    /// Values by name, base64.
    pub(crate) content: BTreeMap<String, String>,
}
