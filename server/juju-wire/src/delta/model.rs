//! What deltas say of the model itself, its machines, actions, notes, blocks and branches.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::constraints::{Constraints, Hardware};
use crate::entity::Life;
use crate::facade::machine_manager::add::MachineAddress;
use crate::facade::model_manager::info::ModelSLAInfo;
use crate::method::null_is_empty;

/// The model in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Its name.
    pub name: String,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// Who owns it.
    pub owner: String,
    /// UUID of the controller.
    pub controller_uuid: String,
    /// Whether it is the controller's own model.
    pub is_controller: bool,
    /// Every setting, authorised keys included.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    /// Its status.
    pub status: StatusInfo,
    /// Constraints on the machines or containers.
    pub constraints: Constraints,
    /// Service level.
    pub sla: ModelSLAInfo,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// The cloud.
    pub cloud: String,
    /// Region of the cloud.
    pub cloud_region: String,
    /// Version of it.
    pub version: String,
}

/// A machine in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MachineInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Its id.
    pub id: String,
    /// Id of the instance at the cloud.
    pub instance_id: String,
    /// Status of the Juju agent.
    pub agent_status: StatusInfo,
    /// Status of the instance at the cloud.
    pub instance_status: StatusInfo,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// Its configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    /// Operating system with its release.
    pub base: String,
    /// `lxd`, for a container.
    pub container_type: String,
    /// Kinds of container that it can hold.
    #[serde(with = "crate::go::nil")]
    pub supported_containers: Vec<String>,
    /// Whether those kinds are known.
    pub supported_containers_known: bool,
    /// Hardware of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware_characteristics: Option<Hardware>,
    /// Names of LXD profiles that charms gave it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub charm_profiles: Vec<String>,
    /// What the machine does: `JobHostUnits`, `JobManageModel`.
    #[serde(with = "crate::go::nil")]
    pub jobs: Vec<String>,
    /// The addresses.
    #[serde(with = "crate::go::nil")]
    pub addresses: Vec<MachineAddress>,
    /// Whether it votes among the controllers.
    pub has_vote: bool,
    /// Whether it should vote among the controllers.
    pub wants_vote: bool,
    /// Name that the machine gave itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hostname: String,
}

/// An action in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ActionInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Its id.
    pub id: String,
    /// Tag of the unit or machine that runs it.
    pub receiver: String,
    /// Its name.
    pub name: String,
    /// Parameters by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub parameters: BTreeMap<String, Value>,
    /// Its status.
    pub status: String,
    /// In words.
    pub message: String,
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub results: BTreeMap<String, Value>,
    /// When it was asked for, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub enqueued: String,
    /// When it began, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub started: String,
    /// When it ended, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub completed: String,
}

/// Notes of an entity in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AnnotationInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Tag of the entity.
    pub tag: String,
    /// Notes by name.
    #[serde(with = "crate::go::nil")]
    pub annotations: BTreeMap<String, String>,
}

/// A block in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Its id.
    pub id: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// In words.
    pub message: String,
    /// Tag of the entity.
    pub tag: String,
}

/// A branch in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BranchInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Units on the branch, by application.
    #[serde(with = "crate::go::nil")]
    pub assigned_units: BTreeMap<String, Vec<String>>,
    /// Changed settings, by application.
    #[serde(with = "crate::go::nil")]
    pub charm_config: BTreeMap<String, Vec<ItemChange>>,
    /// When it was made.
    pub created: i64,
    /// Who made it.
    pub created_by: String,
    /// When it ended, RFC 3339.
    pub completed: i64,
    /// Who committed it.
    pub completed_by: String,
    /// Number of the commit.
    pub generation_id: i64,
}

/// A changed setting.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ItemChange {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: i64,
    /// The key, `web:db db:server`.
    pub key: String,
    /// The value before.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub old: Value,
    /// The value now.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub new: Value,
}

/// A status in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusInfo {
    /// Why it could not be told.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub err: Value,
    /// The status, `active`.
    pub current: String,
    /// In words.
    pub message: String,
    /// Since when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Version of it.
    pub version: String,
    /// More, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub data: BTreeMap<String, Value>,
}
