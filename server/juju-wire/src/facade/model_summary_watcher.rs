//! Facade `ModelSummaryWatcher`: models in short, sent whole at every change (`rpc/params/summarywatcher.go`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{go::is_default, method::null_is_empty};

crate::methods! { ModelSummaryWatcher {
    /// Waits for changes; the first call answers every model.
    Next(read): () => SummaryWatcherNextResults,
    /// Ends the watcher; a waiting `Next` fails.
    Stop(read): () => (),
} }

/// Models that changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SummaryWatcherNextResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub models: Vec<ModelAbstract>,
}

/// A model in short.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelAbstract {
    pub uuid: String,
    /// Whether it is gone; then the server sends nothing else.
    #[serde(skip_serializing_if = "is_default")]
    pub removed: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub controller: String,
    /// Its name, `admin/prod`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub admins: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub credential: String,
    /// How much it holds.
    pub size: ModelSummarySize,
    /// `green`, `yellow`, `red`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub messages: Vec<ModelSummaryMessage>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// How much a model holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelSummarySize {
    #[serde(skip_serializing_if = "is_default")]
    pub machines: u64,
    #[serde(skip_serializing_if = "is_default")]
    pub containers: u64,
    #[serde(skip_serializing_if = "is_default")]
    pub applications: u64,
    #[serde(skip_serializing_if = "is_default")]
    pub units: u64,
    #[serde(skip_serializing_if = "is_default")]
    pub relations: u64,
}

/// Something that is wrong in a model.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelSummaryMessage {
    /// The unit that reports it, `web/1`.
    pub agent: String,
    pub message: String,
}
