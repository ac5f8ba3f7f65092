//! A task of an operation in the graph.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use juju_wire::delta::model::ActionInfo;
use serde::Serialize;

use super::{Node, status};
use crate::entity_change::{EntityChange, Transition, bounded};

/// A task of an operation; its parameters and results are not stored: they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionNode {
    /// Name of the action.
    pub name: Box<str>,
    /// The unit or machine that runs it.
    pub receiver: Box<str>,
    /// `pending`, `running`, `completed`, `failed`, `cancelled` or `aborted`.
    pub status: Cow<'static, str>,
    /// The message of the action.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub message: Box<str>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<DateTime<Utc>>,
}

impl ActionNode {
    pub(crate) fn read(info: &ActionInfo) -> Self {
        Self {
            name: info.name.as_str().into(),
            receiver: info.receiver.as_str().into(),
            status: status::word(&info.status),
            message: bounded(&info.message),
            completed: status::time(&info.completed),
        }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !matches!(&*self.status, "pending" | "running" | "aborting")
    }
}

impl Node for ActionNode {
    fn changes_since(&self, old: &Self) -> Vec<EntityChange> {
        if self.status == old.status {
            return Vec::new();
        }
        let (from, to, message) = (old.status.clone(), self.status.clone(), self.message.clone());
        let transition = Transition { from, to, message, since: self.completed };
        vec![if self.is_finished() { EntityChange::Finished(transition) } else { EntityChange::Status(transition) }]
    }
}
