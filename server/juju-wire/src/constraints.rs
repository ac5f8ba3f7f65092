//! What machines and storage should be like, and where: constraints, placements, hardware, bases
//! (`core/constraints`, `core/instance`, `storage`, `core/devices`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An operating system with its release: `ubuntu`, `22.04/stable`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Base {
    /// The operating system, `ubuntu`.
    pub name: String,
    /// The release with its risk, `22.04/stable`.
    pub channel: String,
}

/// Constraints on machines or containers; what is absent is not constrained.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Constraints {
    /// Architecture, `amd64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arch: Option<String>,
    /// Kind of container, `lxd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cores: Option<u64>,
    /// Processor power, 100 for an old core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_power: Option<u64>,
    /// Memory in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mem: Option<u64>,
    /// Root disk in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_disk: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_disk_source: Option<String>,
    /// Tags of machines; one with `^` before it is forbidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    /// Spaces; one with `^` before it is forbidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spaces: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virt_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zones: Option<Vec<String>>,
    /// Whether the machine gets a public address.
    #[serde(rename = "allocate-public-ip", skip_serializing_if = "Option::is_none")]
    pub allocate_public_ip: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_id: Option<String>,
}

/// Where to put a unit or machine: scope `#` with a machine's id, `lxd` with its host, or a model's UUID.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Placement {
    /// `#`, a kind of container, or the model's UUID for words that the cloud understands.
    pub scope: String,
    /// What is meant within the scope.
    pub directive: String,
}

/// Hardware that a machine has; what is absent is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Hardware {
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
    pub root_disk_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_cores: Option<u64>,
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

/// Storage to make: pool, size and number. Go gives these keys no tags, so they are capitalised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct StorageConstraints {
    /// Name of the pool; empty for the default one.
    #[serde(alias = "pool")]
    pub pool: String,
    /// Size in MiB.
    #[serde(alias = "size")]
    pub size: u64,
    #[serde(alias = "count")]
    pub count: u64,
}

/// Devices to ask for, by kind. Go gives these keys no tags, so they are capitalised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeviceConstraints {
    /// Kind of device, `nvidia.com/gpu`.
    #[serde(rename = "Type", alias = "type")]
    pub kind: String,
    #[serde(alias = "count")]
    pub count: i64,
    /// What it should be like.
    #[serde(alias = "attributes", with = "crate::go::nil")]
    pub attributes: BTreeMap<String, String>,
}
