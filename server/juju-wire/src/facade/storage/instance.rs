//! Instances of storage: adding, attaching, importing, removing.

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
    /// The storage to add.
    #[serde(with = "crate::go::nil")]
    pub storages: Vec<StorageAddParams>,
}

/// What `Storage.AddToUnit` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddStorageResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<AddStorageResult>,
}

/// What `Storage.Attach` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageAttachmentIds {
    /// The pairs.
    #[serde(with = "crate::go::nil")]
    pub ids: Vec<StorageAttachmentId>,
}

/// What `Storage.DetachStorage` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageDetachmentParams {
    /// The pairs.
    pub ids: StorageAttachmentIds,
    /// Whether to go on despite errors.
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
    /// One for each item that was asked for, in order.
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
    /// One for each item that was asked for, in order.
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
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<StorageDetailsResult>,
}

/// Storage that is to be added to a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageAddParams {
    /// Name of the unit.
    pub unit: String,
    /// Its name.
    pub name: String,
    /// Storage, by the charm's name for it.
    pub storage: StorageDirectives,
}

/// One item of what `Storage.AddToUnit` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddStorageResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<AddStorageDetails>,
    /// Why this one failed.
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
    /// Its kind.
    pub kind: i64,
    /// Name of the pool.
    pub pool: String,
    /// Id that the cloud gave it.
    pub provider_id: String,
    /// The charm's name for it.
    pub storage_name: String,
    /// Whether to go on despite errors.
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}

/// One item of what `Storage.Import` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ImportStorageResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ImportStorageDetails>,
    /// Why this one failed.
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
    /// What was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub result: Vec<StorageInstance>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Storage that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveStorageInstance {
    /// Tag of the entity.
    pub tag: String,
    /// Whether it is detached first.
    #[serde(skip_serializing_if = "is_default")]
    pub destroy_attachments: bool,
    /// Whether to destroy storage too.
    #[serde(skip_serializing_if = "is_default")]
    pub destroy_storage: bool,
    /// Whether to go on despite errors.
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
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<StorageInstance>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Storage that was added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddStorageDetails {
    /// Tags of the storage.
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
