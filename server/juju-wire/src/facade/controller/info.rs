//! Version and settings of the controller, and watchers of all models.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::method::null_is_empty;

/// What `Controller.ConfigSet` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllerConfigSet {
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
}

/// What `Controller.ControllerAPIInfoForModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllerAPIInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ControllerAPIInfoResult>,
}

/// What `Controller.ControllerConfig` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllerConfigResult {
    #[serde(deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
}

/// What `Controller.ControllerVersion` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllerVersionResults {
    pub version: String,
    pub git_commit: String,
}

/// What `Controller.WatchAllModelSummaries` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SummaryWatcherID {
    /// Id to give to `Next` and `Stop`.
    pub watcher_id: String,
}

/// One item of what `Controller.ControllerAPIInfoForModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllerAPIInfoResult {
    #[serde(with = "crate::go::nil")]
    pub addresses: Vec<String>,
    /// Certificate authority, PEM.
    pub cacert: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
