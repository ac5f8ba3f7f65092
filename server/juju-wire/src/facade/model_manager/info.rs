//! Models in detail.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::entity::Life;
use crate::facade::client::entity_status::EntityStatus;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `ModelManager.CreateModel` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelDetails {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub uuid: String,
    pub controller_uuid: String,
    pub is_controller: bool,
    /// Kind of cloud, `lxd`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub default_series: String,
    /// Base for new machines, `ubuntu@22.04/stable`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub default_base: String,
    /// `cloud-<name>`.
    pub cloud_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_region: String,
    /// `cloudcred-<cloud>_<user>_<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_credential_tag: String,
    /// Whether the credential still works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_credential_validity: Option<bool>,
    pub owner_tag: String,
    pub life: Life,
    pub status: EntityStatus,
    #[serde(with = "crate::go::nil")]
    pub users: Vec<ModelUser>,
    #[serde(with = "crate::go::nil")]
    pub machines: Vec<ModelMachineInfo>,
    #[serde(with = "crate::go::nil")]
    pub secret_backends: Vec<SecretBackendResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<ModelMigrationStatus>,
    pub sla: Option<ModelSLAInfo>,
    pub agent_version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub supported_features: Vec<SupportedFeature>,
}

/// What `ModelManager.ModelInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ModelInfoResult>,
}

/// A user of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelUser {
    /// `model-<uuid>`.
    pub model_tag: String,
    pub user: String,
    pub display_name: String,
    /// When they were last connected, RFC 3339.
    pub last_connection: Option<String>,
    pub access: String,
}

/// A machine as `juju show-model` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelMachineInfo {
    pub id: String,
    /// Hardware as `key=value` words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<MachineHardware>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub instance_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Whether it votes among the controllers.
    #[serde(skip_serializing_if = "is_default")]
    pub has_vote: bool,
    /// Whether it should vote among the controllers.
    #[serde(skip_serializing_if = "is_default")]
    pub wants_vote: bool,
    /// Whether it holds the primary database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ha_primary: Option<bool>,
}

/// Where secrets are stored, and how many.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretBackendResult {
    pub result: SecretBackend,
    pub id: String,
    /// How many secrets it holds.
    pub num_secrets: i64,
    pub status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// How a migration is going.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelMigrationStatus {
    pub status: String,
    /// When it began, RFC 3339.
    pub start: Option<String>,
    /// When it ended, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
}

/// Service level of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSLAInfo {
    pub level: String,
    pub owner: String,
}

/// A feature that charms may assume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SupportedFeature {
    pub name: String,
    pub description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// One item of what `ModelManager.ModelInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelInfoResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ModelDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Hardware of a machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MachineHardware {
    /// Architecture, `amd64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Memory in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem: Option<u64>,
    /// Root disk in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_disk: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u64>,
    /// Processor power, 100 for an old core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_power: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virt_type: Option<String>,
}

/// A place where secrets are stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretBackend {
    pub name: String,
    /// Kind of backend, `vault`.
    pub backend_type: String,
    /// How often its token is renewed, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_rotate_interval: Option<i64>,
    #[serde(deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
}
