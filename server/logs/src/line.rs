//! One line of a log, whatever its origin.

use chrono::{DateTime, Utc};
use juju_wire::debug_log::LogRecord;
use serde::Serialize;

use crate::LogLevel;

/// Bytes of a message that a line has; the rest is cut.
const MAX_MESSAGE_BYTES: usize = 16 * 1024;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// When it was written.
    pub time: DateTime<Utc>,
    /// Its level.
    pub level: LogLevel,
    /// What wrote it: the tag of an entity of Juju, `unit-web-0`, or the name of another source.
    pub entity: String,
    /// The part of the program, `juju.worker.uniter`.
    pub module: String,
    /// The text.
    pub message: String,
}

impl LogLine {
    /// The line of a record of Juju. A record without a valid time gets `arrival`, and one without a known level `INFO`.
    #[must_use]
    pub fn from_record(record: LogRecord, arrival: DateTime<Utc>) -> Self {
        let LogRecord { entity, timestamp, severity, module, mut message, .. } = record;
        message.truncate(message.floor_char_boundary(MAX_MESSAGE_BYTES));
        let time = parse_time(&timestamp).unwrap_or(arrival);
        Self { time, level: LogLevel::from_name(&severity).unwrap_or(LogLevel::Info), entity, module, message }
    }

    /// Bytes that it takes in memory, about.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.entity.len() + self.module.len() + self.message.len()
    }
}

/// The time of a record.
pub(crate) fn parse_time(timestamp: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(timestamp).ok().map(|time| time.to_utc())
}
