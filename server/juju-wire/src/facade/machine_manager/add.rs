//! Adding machines.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::constraints::{Base, Constraints, Hardware, Placement, StorageConstraints};
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `MachineManager.AddMachines` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddMachinesParams {
    #[serde(with = "crate::go::nil")]
    pub params: Vec<AddMachineParams>,
}

/// What `MachineManager.AddMachines` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddMachinesResults {
    #[serde(with = "crate::go::nil")]
    pub machines: Vec<AddMachinesResult>,
}

/// A machine that is to be added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddMachineParams {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    pub constraints: Constraints,
    /// What the machine does: `JobHostUnits`, `JobManageModel`.
    #[serde(with = "crate::go::nil")]
    pub jobs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub disks: Vec<StorageConstraints>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// Machine that holds the container.
    pub parent_id: String,
    /// `lxd`, for a container.
    pub container_type: String,
    pub instance_id: String,
    /// Secret that the machine shows when it first comes.
    pub nonce: String,
    pub hardware_characteristics: Hardware,
    #[serde(with = "crate::go::nil")]
    pub addresses: Vec<MachineAddress>,
}

/// One item of what `MachineManager.AddMachines` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddMachinesResult {
    pub machine: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// One address of a machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MachineAddress {
    pub value: String,
    /// Network, `10.0.0.0/24`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cidr: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// `global` or `container`.
    pub scope: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space_id: String,
    /// How the address was given, `dhcp`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub config_type: String,
    /// Whether it is not the main address of its device.
    #[serde(skip_serializing_if = "is_default")]
    pub is_secondary: bool,
}
