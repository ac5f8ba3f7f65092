//! Storage constraints of applications.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::facade::application::config::StorageDirectives;
use crate::method::null_is_empty;

/// What `Application.GetApplicationStorage` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationStorageGetResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ApplicationStorageGetResult>,
}

/// What `Application.UpdateApplicationStorage` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationStorageUpdateRequest {
    /// Changed storage constraints.
    #[serde(with = "crate::go::nil")]
    pub storage_updates: Vec<ApplicationStorageUpdate>,
}

/// One item of what `Application.GetApplicationStorage` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationStorageGetResult {
    /// What storage to make, by the charm's name for it.
    #[serde(deserialize_with = "null_is_empty")]
    pub storage_constraints: BTreeMap<String, StorageDirectives>,
    #[serde(rename = "Error")]
    pub error: Option<RemoteError>,
}

/// Changed storage constraints of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationStorageUpdate {
    /// `application-<name>`.
    pub application_tag: String,
    /// What storage to make, by the charm's name for it.
    #[serde(with = "crate::go::nil")]
    pub storage_constraints: BTreeMap<String, StorageDirectives>,
}
