//! Ranges of time and orders of lines.

use chrono::{DateTime, TimeDelta, Utc};

/// A range of time; the end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRange {
    /// The first time.
    pub start: DateTime<Utc>,
    /// The time after the last.
    pub end: DateTime<Utc>,
}

impl LogRange {
    /// The range before `end` of this length.
    #[must_use]
    pub fn before(end: DateTime<Utc>, length: TimeDelta) -> Self {
        Self { start: end.checked_sub_signed(length).unwrap_or(DateTime::UNIX_EPOCH), end }
    }

    /// How long it is.
    #[must_use]
    pub fn length(self) -> TimeDelta {
        self.end - self.start
    }

    /// The parameters of the API, in nanoseconds.
    pub(crate) fn params(self) -> [(&'static str, String); 2] {
        [("start", nanoseconds(self.start).to_string()), ("end", nanoseconds(self.end).to_string())]
    }
}

/// Nanoseconds since 1970; times that they cannot express become the nearest.
pub(crate) fn nanoseconds(time: DateTime<Utc>) -> i64 {
    let bound = if time < DateTime::UNIX_EPOCH { i64::MIN } else { i64::MAX };
    time.timestamp_nanos_opt().unwrap_or(bound)
}

/// Which lines of a range count first against a limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LineOrder {
    /// The newest.
    #[default]
    NewestFirst,
    /// The oldest.
    OldestFirst,
}

impl LineOrder {
    /// Its name in the API.
    #[must_use]
    pub fn direction(self) -> &'static str {
        match self {
            Self::NewestFirst => "backward",
            Self::OldestFirst => "forward",
        }
    }
}
