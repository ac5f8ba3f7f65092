//! Past statuses of entities.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::facade::client::entity_status::DetailedStatus;
use crate::method::null_is_empty;

/// What `Client.StatusHistory` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusHistoryRequests {
    /// What is asked, in order.
    #[serde(with = "crate::go::nil")]
    pub requests: Vec<StatusHistoryRequest>,
}

/// What `Client.StatusHistory` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusHistoryResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<StatusHistoryResult>,
}

/// The entity and the amount of the requested history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusHistoryRequest {
    /// Kind of history: `unit`, `workload`, `juju-unit`, `application`, `machine`, `juju-machine`, `model`.
    #[serde(rename = "historyKind")]
    pub history_kind: String,
    /// Size in MiB.
    pub size: i64,
    pub filter: StatusHistoryFilter,
    pub tag: String,
}

/// One item of what `Client.StatusHistory` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusHistoryResult {
    pub history: History,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Which part of a history is wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusHistoryFilter {
    /// Size in MiB.
    pub size: i64,
    /// Only what is newer, RFC 3339.
    pub date: Option<String>,
    /// Only what is younger, in nanoseconds.
    pub delta: Option<i64>,
    /// Statuses to leave out.
    #[serde(deserialize_with = "null_is_empty")]
    pub exclude: Vec<String>,
}

/// A history of statuses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct History {
    /// The statuses, the newest first.
    #[serde(with = "crate::go::nil")]
    pub statuses: Vec<DetailedStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
