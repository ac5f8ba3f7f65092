//! Operations: several actions that were asked for together, and commands.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::facade::action::actions::ActionResult;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Action.EnqueueOperation` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EnqueuedActions {
    pub operation: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub actions: Vec<ActionResult>,
}

/// What `Action.ListOperations` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OperationQueryArgs {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub applications: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub units: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub machines: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub actions: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub status: Vec<String>,
    /// How many to leave out first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<i64>,
    /// How many at most; 0 means no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

/// What `Action.ListOperations` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OperationResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<OperationResult>,
    #[serde(skip_serializing_if = "is_default")]
    pub truncated: bool,
}

/// What `Action.Run` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RunParams {
    /// The commands, as a shell reads them.
    pub commands: String,
    /// Time limit in nanoseconds.
    pub timeout: i64,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub machines: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub applications: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub units: Vec<String>,
    /// Whether it may run beside others; the default is the charm's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel: Option<bool>,
    /// Group in which actions run one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_group: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub workload_context: bool,
}

/// An operation with its actions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct OperationResult {
    pub operation: String,
    pub summary: String,
    /// Why it could not be done.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub fail: String,
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
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub actions: Vec<ActionResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
