//! How much models hold.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Life;
use crate::facade::model_manager::info::ModelMachineInfo;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `ModelManager.ModelStatus` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelStatusResults {
    /// The models.
    #[serde(with = "crate::go::nil")]
    pub models: Vec<ModelStatusCounts>,
}

/// How much a model holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelStatusCounts {
    /// `model-<uuid>`.
    pub model_tag: String,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many machines.
    pub hosted_machine_count: i64,
    /// How many applications.
    pub application_count: i64,
    /// How many units.
    pub unit_count: i64,
    /// Tag of the owner.
    pub owner_tag: String,
    /// The applications.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub applications: Vec<ModelApplicationInfo>,
    /// The machines.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub machines: Vec<ModelMachineInfo>,
    /// The volumes.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub volumes: Vec<ModelVolumeInfo>,
    /// The filesystems.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub filesystems: Vec<ModelFilesystemInfo>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// An application of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelApplicationInfo {
    /// Its name.
    pub name: String,
}

/// A volume of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelVolumeInfo {
    /// Its id.
    pub id: String,
    /// Id that the cloud gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// Its status.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether it can be detached.
    #[serde(skip_serializing_if = "is_default")]
    pub detachable: bool,
}

/// A filesystem of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelFilesystemInfo {
    /// Its id.
    pub id: String,
    /// Id that the cloud gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// Its status.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether it can be detached.
    #[serde(skip_serializing_if = "is_default")]
    pub detachable: bool,
}
