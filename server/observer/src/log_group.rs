//! Log lines of one kind, for detectors and classification. The observer groups them by the crate `logs`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Lines of one entity that differ in variable parts only, within the time that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroup {
    /// The entity as the log names it: `unit-web-0`, `machine-3`.
    pub entity: Box<str>,
    /// `WARNING` or `ERROR`, as Juju writes it.
    pub level: Box<str>,
    /// The module, `juju.worker.uniter.operation`.
    pub module: Box<str>,
    /// The line with its variable parts masked.
    pub pattern: Box<str>,
    /// One line as it was written, cut to at most 500 characters.
    pub sample: Box<str>,
    /// Number of lines.
    pub count: u64,
    /// Number of lines in the last five minutes before the end of the time that was read.
    pub recent: u64,
    /// Time of the first line.
    pub first_seen: DateTime<Utc>,
    /// Time of the last line.
    pub last_seen: DateTime<Utc>,
}
