//! Actions: what to run, what came of it, which there are.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::method::null_is_empty;

/// What `Action.Actions` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ActionResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<ActionResult>,
}

/// What `Action.ApplicationsCharmsActions` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationsCharmActionsResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<ApplicationCharmActionsResult>,
}

/// What `Action.EnqueueOperation` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ActionsToRun {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub actions: Vec<Action>,
}

/// An action with its outcome.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ActionResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// When it was asked for, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub enqueued: String,
    /// When it began, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub started: String,
    /// When it ended, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub completed: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Messages that it logged while it ran.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub log: Vec<ActionMessage>,
    /// Results by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub output: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// The actions of an application's charm by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationCharmActionsResult {
    /// `application-<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub application_tag: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub actions: BTreeMap<String, ActionSpec>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// An action that is to be run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Action {
    pub tag: String,
    pub receiver: String,
    pub name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// Whether it may run beside others; the default is the charm's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel: Option<bool>,
    /// Group in which actions run one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_group: Option<String>,
}

/// A line that an action logged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ActionMessage {
    /// When, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub timestamp: String,
    pub message: String,
}

/// What an action does and takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ActionSpec {
    pub description: String,
    #[serde(with = "crate::go::nil")]
    pub params: BTreeMap<String, Value>,
}
