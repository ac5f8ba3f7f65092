//! What many facades answer: texts, numbers, maps and watchers, one item each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::method::null_is_empty;

/// A text, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringResult {
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// What was asked for.
    pub result: String,
}

/// Texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<StringResult>,
}

/// A list of texts, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringsResult {
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// What was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub result: Vec<String>,
}

/// Lists of texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringsResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<StringsResult>,
}

/// A number, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct IntResult {
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// What was asked for.
    pub result: i64,
}

/// Yes or no, or why it cannot be told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BoolResult {
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// What was asked for.
    pub result: bool,
}

/// Values by name, or why there are none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MapResult {
    /// What was asked for.
    #[serde(with = "crate::go::nil")]
    pub result: BTreeMap<String, Value>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Values by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MapResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<MapResult>,
}

/// A new watcher that says only that something changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct NotifyWatchResult {
    /// Id to give to `Next` and `Stop`.
    #[serde(rename = "NotifyWatcherId")]
    pub notify_watcher_id: String,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// New watchers that say only that something changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct NotifyWatchResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<NotifyWatchResult>,
}

/// A new watcher of texts, with the first ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringsWatchResult {
    /// Id to give to `Next` and `Stop`.
    pub watcher_id: String,
    /// What changed.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub changes: Vec<String>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// New watchers of texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StringsWatchResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<StringsWatchResult>,
}
