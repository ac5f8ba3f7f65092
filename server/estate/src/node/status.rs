//! A status of an entity.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use juju_wire::delta::model::StatusInfo;
use serde::Serialize;

use crate::entity_change::{Transition, bounded, first_chars};

/// Characters of a message in the graph; a workload can write a longer one, but people do not.
const MAX_MESSAGE_CHARS: usize = 4_000;

/// Words that nearly every status is one of: they need no memory of their own.
const WORDS: [&str; 21] = [
    "active",
    "idle",
    "started",
    "running",
    "waiting",
    "maintenance",
    "blocked",
    "error",
    "executing",
    "unknown",
    "unset",
    "allocating",
    "pending",
    "down",
    "lost",
    "failed",
    "available",
    "terminated",
    "stopped",
    "completed",
    "joined",
];

/// A status with its message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StatusNode {
    /// The status, `active`.
    pub current: Cow<'static, str>,
    /// The message of the charm or of Juju.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub message: Box<str>,
    /// Since when, by the controller's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

impl StatusNode {
    pub(super) fn read(info: &StatusInfo) -> Self {
        let since = info.since.as_deref().and_then(time);
        Self { current: word(&info.current), message: first_chars(&info.message, MAX_MESSAGE_CHARS), since }
    }

    /// The difference to `old`; `None` if status and message are the same.
    pub(super) fn transition(&self, old: &Self) -> Option<Transition> {
        ((&self.current, &self.message) != (&old.current, &old.message)).then(|| Transition {
            from: old.current.clone(),
            to: self.current.clone(),
            message: bounded(&self.message),
            since: self.since,
        })
    }
}

/// A word, without memory of its own where it is a known one.
pub(super) fn word(text: &str) -> Cow<'static, str> {
    WORDS.into_iter().find(|known| *known == text).map_or_else(|| Cow::Owned(text.to_owned()), Cow::Borrowed)
}

/// A time of the controller; `None` for none and for text that is no time.
pub(super) fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}
