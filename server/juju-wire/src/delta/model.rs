//! What deltas say of the model itself, its machines, actions, notes, blocks and branches.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    pub model_uuid: String,
    pub name: String,
    pub life: Life,
    pub owner: String,
    pub controller_uuid: String,
    pub is_controller: bool,
    /// Every setting, authorised keys included.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    pub status: StatusInfo,
    pub constraints: Constraints,
    pub sla: ModelSLAInfo,
    #[serde(rename = "type")]
    pub kind: String,
    pub cloud: String,
    pub cloud_region: String,
    pub version: String,
}

/// A machine in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MachineInfo {
    pub model_uuid: String,
    pub id: String,
    pub instance_id: String,
    pub agent_status: StatusInfo,
    pub instance_status: StatusInfo,
    pub life: Life,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    pub base: String,
    /// `lxd`, for a container.
    pub container_type: String,
    #[serde(with = "crate::go::nil")]
    pub supported_containers: Vec<String>,
    pub supported_containers_known: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware_characteristics: Option<Hardware>,
    /// Names of LXD profiles that charms gave it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub charm_profiles: Vec<String>,
    /// What the machine does: `JobHostUnits`, `JobManageModel`.
    #[serde(with = "crate::go::nil")]
    pub jobs: Vec<String>,
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
    pub model_uuid: String,
    pub id: String,
    pub receiver: String,
    pub name: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub parameters: BTreeMap<String, Value>,
    pub status: String,
    pub message: String,
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
    pub model_uuid: String,
    pub tag: String,
    #[serde(with = "crate::go::nil")]
    pub annotations: BTreeMap<String, String>,
}

/// A block in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BlockInfo {
    pub model_uuid: String,
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    pub tag: String,
}

/// A branch in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BranchInfo {
    pub model_uuid: String,
    pub id: String,
    pub name: String,
    /// Units on the branch, by application.
    #[serde(with = "crate::go::nil")]
    pub assigned_units: BTreeMap<String, Vec<String>>,
    /// Changed settings, by application.
    #[serde(with = "crate::go::nil")]
    pub charm_config: BTreeMap<String, Vec<ItemChange>>,
    pub created: i64,
    pub created_by: String,
    /// When it ended, RFC 3339.
    pub completed: i64,
    pub completed_by: String,
    pub generation_id: i64,
}

/// A changed setting.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ItemChange {
    #[serde(rename = "type")]
    pub kind: i64,
    /// The key, `web:db db:server`.
    pub key: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub old: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub new: Value,
}

/// A status in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusInfo {
    #[serde(skip_serializing_if = "Value::is_null")]
    pub err: Value,
    /// The status, `active`.
    pub current: String,
    pub message: String,
    /// Since when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    pub version: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub data: BTreeMap<String, Value>,
}
