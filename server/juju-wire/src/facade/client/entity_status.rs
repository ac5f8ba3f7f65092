//! The status of one entity (`rpc/params/status.go`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::entity::Life;
use crate::method::null_is_empty;

/// A status with its time and what belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DetailedStatus {
    /// The status, `active`.
    pub status: String,
    pub info: String,
    #[serde(deserialize_with = "null_is_empty")]
    pub data: BTreeMap<String, Value>,
    /// Since when, RFC 3339.
    pub since: Option<String>,
    /// Kind of status; in a history, the kind of entity.
    pub kind: String,
    pub version: String,
    /// Empty means alive.
    pub life: Life,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<RemoteError>,
}

/// A status with its time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EntityStatus {
    pub status: String,
    pub info: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub data: BTreeMap<String, Value>,
    /// Since when, RFC 3339.
    pub since: Option<String>,
}
