//! Adding machines.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::constraints::{Base, Constraints, Hardware, Placement, StorageConstraints};
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `MachineManager.AddMachines` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddMachinesParams {
    /// Parameters by name.
    #[serde(with = "crate::go::nil")]
    pub params: Vec<AddMachineParams>,
}

/// What `MachineManager.AddMachines` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddMachinesResults {
    /// The machines.
    #[serde(with = "crate::go::nil")]
    pub machines: Vec<AddMachinesResult>,
}

/// A machine that is to be added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddMachineParams {
    /// Operating system with its release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Constraints on the machines or containers.
    pub constraints: Constraints,
    /// What the machine does: `JobHostUnits`, `JobManageModel`.
    #[serde(with = "crate::go::nil")]
    pub jobs: Vec<String>,
    /// Disks of the machine.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub disks: Vec<StorageConstraints>,
    /// Where to put it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placement: Option<Placement>,
    /// Machine that holds the container.
    pub parent_id: String,
    /// `lxd`, for a container.
    pub container_type: String,
    /// Id of the instance at the cloud.
    pub instance_id: String,
    /// Secret that the machine shows when it first comes.
    pub nonce: String,
    /// Hardware of the machine.
    pub hardware_characteristics: Hardware,
    /// The addresses.
    #[serde(with = "crate::go::nil")]
    pub addresses: Vec<MachineAddress>,
}

/// One item of what `MachineManager.AddMachines` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddMachinesResult {
    /// Id of the machine.
    pub machine: String,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// One address of a machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MachineAddress {
    /// The value.
    pub value: String,
    /// Network, `10.0.0.0/24`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cidr: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// `global` or `container`.
    pub scope: String,
    /// Name of the space.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space_name: String,
    /// Id of the space.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space_id: String,
    /// How the address was given, `dhcp`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub config_type: String,
    /// Whether it is not the main address of its device.
    #[serde(skip_serializing_if = "is_default")]
    pub is_secondary: bool,
}
