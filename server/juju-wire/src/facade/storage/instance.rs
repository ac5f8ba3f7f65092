//! Instances of storage: adding, attaching, importing, removing.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::facade::application::config::StorageDirectives;
use crate::facade::client::storage::StorageInstance;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Storage.AddToUnit` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragesAddParams {
    #[serde(with = "crate::go::nil")]
    pub storages: Vec<StorageAddParams>,
}

/// What `Storage.AddToUnit` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddStorageResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<AddStorageResult>,
}

/// What `Storage.Attach` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageAttachmentIds {
    #[serde(with = "crate::go::nil")]
    pub ids: Vec<StorageAttachmentId>,
}

/// What `Storage.DetachStorage` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageDetachmentParams {
    pub ids: StorageAttachmentIds,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
}

/// What `Storage.Import` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BulkImportStorageParamsV2 {
    /// Storage, by the charm's name for it.
    #[serde(with = "crate::go::nil")]
    pub storage: Vec<ImportStorageParamsV2>,
}

/// What `Storage.Import` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ImportStorageResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ImportStorageResult>,
}

/// What `Storage.ListStorageDetails` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageFilters {
    /// What to look for; any of them is enough.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub filters: Vec<StorageFilter>,
}

/// What `Storage.ListStorageDetails` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageDetailsListResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<StorageDetailsListResult>,
}

/// What `Storage.Remove` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveStorage {
    /// Storage, by the charm's name for it.
    #[serde(with = "crate::go::nil")]
    pub storage: Vec<RemoveStorageInstance>,
}

/// What `Storage.StorageDetails` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageDetailsResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<StorageDetailsResult>,
}

/// Storage that is to be added to a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageAddParams {
    pub unit: String,
    pub name: String,
    /// Storage, by the charm's name for it.
    pub storage: StorageDirectives,
}

/// One item of what `Storage.AddToUnit` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddStorageResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<AddStorageDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Storage and unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageAttachmentId {
    /// `storage-<name>-<number>`.
    pub storage_tag: String,
    /// `unit-<application>-<number>`.
    pub unit_tag: String,
}

/// Storage of the cloud that is to be taken over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ImportStorageParamsV2 {
    pub kind: i64,
    pub pool: String,
    pub provider_id: String,
    pub storage_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}

/// One item of what `Storage.Import` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ImportStorageResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ImportStorageDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Nothing: all storage is listed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageFilter {}

/// One item of what `Storage.ListStorageDetails` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageDetailsListResult {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub result: Vec<StorageInstance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Storage that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveStorageInstance {
    pub tag: String,
    /// Whether it is detached first.
    #[serde(skip_serializing_if = "is_default")]
    pub destroy_attachments: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub destroy_storage: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
}

/// One item of what `Storage.StorageDetails` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageDetailsResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<StorageInstance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Storage that was added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddStorageDetails {
    #[serde(deserialize_with = "null_is_empty")]
    pub storage_tags: Vec<String>,
}

/// Storage that was taken over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ImportStorageDetails {
    /// `storage-<name>-<number>`.
    pub storage_tag: String,
}
