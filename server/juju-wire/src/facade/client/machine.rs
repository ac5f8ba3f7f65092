//! Machines in `FullStatus`.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::constraints::Base;
use crate::facade::client::entity_status::DetailedStatus;
use crate::method::null_is_empty;

/// A machine or container as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MachineStatus {
    pub agent_status: DetailedStatus,
    pub instance_status: DetailedStatus,
    /// Status of changes to the instance.
    pub modification_status: DetailedStatus,
    /// Name that the machine gave itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hostname: String,
    /// Name or address by which it is reached.
    pub dns_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub ip_addresses: Vec<String>,
    pub instance_id: String,
    pub display_name: String,
    pub base: Base,
    pub id: String,
    /// Network interfaces by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub network_interfaces: BTreeMap<String, NetworkInterface>,
    /// The containers, by id.
    #[serde(deserialize_with = "null_is_empty")]
    pub containers: BTreeMap<String, MachineStatus>,
    pub constraints: String,
    /// Hardware as `key=value` words.
    pub hardware: String,
    /// What the machine does: `JobHostUnits`, `JobManageModel`.
    #[serde(with = "crate::go::nil")]
    pub jobs: Vec<String>,
    /// Whether it votes among the controllers.
    pub has_vote: bool,
    /// Whether it should vote among the controllers.
    pub wants_vote: bool,
    /// LXD profiles by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub lxd_profiles: BTreeMap<String, LXDProfile>,
    /// Whether it holds the primary database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_controller_machine: Option<bool>,
}

/// A network interface of a machine.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct NetworkInterface {
    #[serde(with = "crate::go::nil")]
    pub ip_addresses: Vec<String>,
    pub mac_address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub gateway: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub dns_nameservers: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space: String,
    pub is_up: bool,
}

/// An LXD profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct LXDProfile {
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, String>,
    pub description: String,
    #[serde(with = "crate::go::nil")]
    pub devices: BTreeMap<String, BTreeMap<String, String>>,
}
