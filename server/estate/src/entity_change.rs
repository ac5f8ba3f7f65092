//! What can happen to an entity, as data.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Characters of a text of the estate in a change; the rest is cut off.
const MAX_TEXT_CHARS: usize = 500;

/// One change of one entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EntityChange {
    /// It exists now.
    Added {},
    /// It no longer exists.
    Removed {},
    /// Some of its fields differ.
    Fields {
        /// The names of the fields.
        fields: Vec<&'static str>,
    },
    /// Some options of its configuration differ. The values are not stored: they may be secrets.
    Options {
        /// The names of the options.
        options: Vec<Box<str>>,
    },
    /// The status of its work: of a unit's charm, of an application, of a model, of a machine's instance.
    Status(Transition),
    /// The status of its agent.
    AgentStatus(Transition),
    /// A hook failed, or failed again.
    HookFailed {
        /// The hook, `config-changed`.
        hook: Box<str>,
        /// The message of the unit.
        message: Box<str>,
    },
    /// The agent of a machine is down.
    Down(Transition),
    /// An action ended: `completed`, `failed`, `cancelled`, `aborted`.
    Finished(Transition),
    /// Another unit of an application is its leader.
    Leader {
        /// The leader before.
        from: Box<str>,
        /// The leader now.
        to: Box<str>,
    },
    /// From here on the state is complete, and each later change has an event.
    WatchStarted {},
    /// The connection is lost: changes arrive after it is restored.
    WatchInterrupted {
        /// Why.
        reason: Box<str>,
    },
    /// The connection is restored. The events before this one are the differences to the state before the interruption.
    WatchResumed {},
    /// The model is no longer watched.
    WatchEnded {
        /// Why.
        reason: Box<str>,
    },
}

/// A status that differs from the one before, or has another message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The status before.
    pub from: Cow<'static, str>,
    /// The status now.
    pub to: Cow<'static, str>,
    /// The message now.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub message: Box<str>,
    /// Since when, by the controller's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

impl EntityChange {
    /// What happened, after the kind of the entity: `unit` and `added`, `relation` and `joined`.
    pub(crate) fn verb(&self, kind: &str) -> &'static str {
        match (self, kind) {
            (Self::Added {}, "relation") => "joined",
            (Self::Removed {}, "relation") => "broken",
            (Self::Added {}, _) => "added",
            (Self::Removed {}, _) => "removed",
            (Self::Fields { .. }, _) => "changed",
            (Self::Options { .. }, _) => "configuration_changed",
            (Self::Status(_), _) => "status",
            (Self::AgentStatus(_), _) => "agent_status",
            (Self::HookFailed { .. }, _) => "hook_failed",
            (Self::Down(_), _) => "down",
            (Self::Finished(_), _) => "finished",
            (Self::Leader { .. }, _) => "leader_changed",
            (Self::WatchStarted {}, _) => "watch_started",
            (Self::WatchInterrupted { .. }, _) => "watch_interrupted",
            (Self::WatchResumed {}, _) => "watch_resumed",
            (Self::WatchEnded { .. }, _) => "watch_ended",
        }
    }

    /// Whether a reader that keeps its own copy of the state has to read all of it again.
    #[must_use]
    pub fn is_about_watching(&self) -> bool {
        matches!(
            self,
            Self::WatchStarted {} | Self::WatchInterrupted { .. } | Self::WatchResumed {} | Self::WatchEnded { .. }
        )
    }

    /// The change of the named fields that differ; `None` if none does.
    pub(crate) fn of_fields<const N: usize>(fields: [(&'static str, bool); N]) -> Option<Self> {
        let fields: Vec<_> = fields.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect();
        (!fields.is_empty()).then_some(Self::Fields { fields })
    }
}

/// A text of the estate within the limit of a change.
pub(crate) fn bounded(text: &str) -> Box<str> {
    first_chars(text, MAX_TEXT_CHARS)
}

/// The first `limit` characters of a text.
pub(crate) fn first_chars(text: &str, limit: usize) -> Box<str> {
    match text.char_indices().nth(limit) {
        Some((end, _)) => text[..end].into(),
        None => text.into(),
    }
}
