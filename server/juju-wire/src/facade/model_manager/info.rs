//! Models in detail.

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
    /// Its name.
    pub name: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its UUID.
    pub uuid: String,
    /// UUID of the controller.
    pub controller_uuid: String,
    /// Whether it is the controller's own model.
    pub is_controller: bool,
    /// Kind of cloud, `lxd`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_type: String,
    /// Series for new machines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub default_series: String,
    /// Base for new machines, `ubuntu@22.04/stable`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub default_base: String,
    /// `cloud-<name>`.
    pub cloud_tag: String,
    /// Region of the cloud.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_region: String,
    /// `cloudcred-<cloud>_<user>_<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_credential_tag: String,
    /// Whether the credential still works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_credential_validity: Option<bool>,
    /// Tag of the owner.
    pub owner_tag: String,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// Its status.
    pub status: EntityStatus,
    /// Users with their access.
    #[serde(with = "crate::go::nil")]
    pub users: Vec<ModelUser>,
    /// The machines.
    #[serde(with = "crate::go::nil")]
    pub machines: Vec<ModelMachineInfo>,
    /// Where secrets are kept.
    #[serde(with = "crate::go::nil")]
    pub secret_backends: Vec<SecretBackendResult>,
    /// How a migration is going.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<ModelMigrationStatus>,
    /// Service level.
    pub sla: Option<ModelSLAInfo>,
    /// Version of the agents.
    pub agent_version: Option<String>,
    /// What charms may assume.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub supported_features: Vec<SupportedFeature>,
}

/// What `ModelManager.ModelInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelInfoResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ModelInfoResult>,
}

/// A user of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelUser {
    /// `model-<uuid>`.
    pub model_tag: String,
    /// Name of the user.
    pub user: String,
    /// Name to show.
    pub display_name: String,
    /// When they were last connected, RFC 3339.
    pub last_connection: Option<String>,
    /// Level of access.
    pub access: String,
}

/// A machine as `juju show-model` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelMachineInfo {
    /// Its id.
    pub id: String,
    /// Hardware as `key=value` words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<MachineHardware>,
    /// Id of the instance at the cloud.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub instance_id: String,
    /// Name to show.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Its status.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// In words.
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

/// Where secrets are kept, and how many.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretBackendResult {
    /// What was asked for.
    pub result: SecretBackend,
    /// Its id.
    pub id: String,
    /// How many secrets it holds.
    pub num_secrets: i64,
    /// Its status.
    pub status: String,
    /// In words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// How a migration is going.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelMigrationStatus {
    /// Its status.
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
    /// Service level.
    pub level: String,
    /// Who owns it.
    pub owner: String,
}

/// A feature that charms may assume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SupportedFeature {
    /// Its name.
    pub name: String,
    /// What it is for, in words.
    pub description: String,
    /// Version of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
}

/// One item of what `ModelManager.ModelInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelInfoResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ModelDetails>,
    /// Why this one failed.
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
    /// Processor cores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u64>,
    /// Processor power, 100 for an old core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_power: Option<u64>,
    /// Tags of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Availability zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub availability_zone: Option<String>,
    /// Kind of virtual machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virt_type: Option<String>,
}

/// A place where secrets are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretBackend {
    /// Its name.
    pub name: String,
    /// Kind of backend, `vault`.
    pub backend_type: String,
    /// How often its token is renewed, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_rotate_interval: Option<i64>,
    /// Its configuration.
    #[serde(deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
}
