//! Removing machines, and what goes with them.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Entity;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `MachineManager.DestroyMachineWithParams` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyMachinesParams {
    #[serde(with = "crate::go::nil")]
    pub machine_tags: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
    /// Whether the instances keep running.
    #[serde(skip_serializing_if = "is_default")]
    pub keep: bool,
    /// Whether only to say what would be done.
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
}

/// What `MachineManager.DestroyMachineWithParams` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyMachineResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<DestroyMachineResult>,
}

/// One item of what `MachineManager.DestroyMachineWithParams` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyMachineResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<DestroyMachineInfo>,
}

/// What goes with a machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyMachineInfo {
    pub machine_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub detached_storage: Vec<Entity>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_storage: Vec<Entity>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_units: Vec<Entity>,
    /// Containers that go, each with its own outcome.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_containers: Vec<DestroyMachineResult>,
}
