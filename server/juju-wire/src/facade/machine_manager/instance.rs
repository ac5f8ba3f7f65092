//! Kinds of instance, and scripts that make a host a machine.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::constraints::Constraints;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `MachineManager.InstanceTypes` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelInstanceTypesConstraints {
    #[serde(with = "crate::go::nil")]
    pub constraints: Vec<ModelInstanceTypesConstraint>,
}

/// What `MachineManager.InstanceTypes` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct InstanceTypesResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<InstanceTypesResult>,
}

/// What `MachineManager.ProvisioningScript` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ProvisioningScriptParams {
    pub machine_id: String,
    /// Secret that the machine shows when it first comes.
    pub nonce: String,
    /// Folder of the agents.
    pub data_dir: String,
    pub disable_package_commands: bool,
}

/// What `MachineManager.ProvisioningScript` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ProvisioningScriptResult {
    pub script: String,
}

/// What `MachineManager.RetryProvisioning` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RetryProvisioningArgs {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub machines: Vec<String>,
    pub all: bool,
}

/// Which kinds of instance are wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelInstanceTypesConstraint {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Constraints>,
}

/// One item of what `MachineManager.InstanceTypes` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct InstanceTypesResult {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub instance_types: Vec<InstanceType>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cost_unit: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cost_currency: String,
    /// What the cost is divided by.
    #[serde(skip_serializing_if = "is_default")]
    pub cost_divisor: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A kind of instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct InstanceType {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(with = "crate::go::nil")]
    pub arches: Vec<String>,
    pub cpu_cores: i64,
    /// Memory in MiB.
    pub memory: i64,
    /// Root disk in MiB.
    #[serde(skip_serializing_if = "is_default")]
    pub root_disk: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub virt_type: String,
    #[serde(skip_serializing_if = "is_default")]
    pub cost: i64,
}
