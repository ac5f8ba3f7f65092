//! What many facades answer: texts, numbers, maps and watchers, one item each.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::method::null_is_empty;

/// A text, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    pub result: String,
}

/// Texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<StringResult>,
}

/// A list of texts, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringsResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub result: Vec<String>,
}

/// Lists of texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringsResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<StringsResult>,
}

/// A number, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct IntResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    pub result: i64,
}

/// A boolean, or the error.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BoolResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    pub result: bool,
}

/// Values by name, or why there are none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MapResult {
    #[serde(with = "crate::go::nil")]
    pub result: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Values by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MapResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<MapResult>,
}

/// A new watcher that only reports that something changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct NotifyWatchResult {
    /// Id to give to `Next` and `Stop`.
    #[serde(rename = "NotifyWatcherId")]
    pub notify_watcher_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// New watchers that say only that something changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct NotifyWatchResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<NotifyWatchResult>,
}

/// A new watcher of texts, with the first ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringsWatchResult {
    /// Id to give to `Next` and `Stop`.
    pub watcher_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub changes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// New watchers of texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringsWatchResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<StringsWatchResult>,
}
