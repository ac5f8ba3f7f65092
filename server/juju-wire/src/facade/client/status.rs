//! What `FullStatus` takes and answers (`rpc/params/status.go`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facade::client::application::{
    ApplicationOfferStatus, ApplicationStatus, MeterStatus, RemoteApplicationStatus,
};
use crate::facade::client::entity_status::DetailedStatus;
use crate::facade::client::machine::MachineStatus;
use crate::facade::client::storage::{FilesystemDetails, StorageInstance, VolumeDetails};
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Client.FullStatus` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusParams {
    /// Names or wildcards; any match is enough, none means everything.
    #[serde(with = "crate::go::nil")]
    pub patterns: Vec<String>,
    /// Whether storage is wanted too.
    #[serde(skip_serializing_if = "is_default")]
    pub include_storage: bool,
}

/// What `Client.FullStatus` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FullStatusResult {
    pub model: StatusModel,
    #[serde(deserialize_with = "null_is_empty")]
    pub machines: BTreeMap<String, MachineStatus>,
    #[serde(deserialize_with = "null_is_empty")]
    pub applications: BTreeMap<String, ApplicationStatus>,
    /// Applications of other models, by name.
    #[serde(deserialize_with = "null_is_empty")]
    pub remote_applications: BTreeMap<String, RemoteApplicationStatus>,
    /// The offers, by name.
    #[serde(deserialize_with = "null_is_empty")]
    pub offers: BTreeMap<String, ApplicationOfferStatus>,
    #[serde(with = "crate::go::nil")]
    pub relations: Vec<RelationStatus>,
    /// Time at the controller, RFC 3339.
    pub controller_timestamp: Option<String>,
    /// The branches, by name.
    #[serde(deserialize_with = "null_is_empty")]
    pub branches: BTreeMap<String, BranchStatus>,
    /// Storage, by the charm's name for it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub storage: Vec<StorageInstance>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub filesystems: Vec<FilesystemDetails>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub volumes: Vec<VolumeDetails>,
}

/// A new watcher.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AllWatcherId {
    /// Id to give to `Next` and `Stop`.
    pub watcher_id: String,
}

/// The model as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StatusModel {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// `cloud-<name>`.
    pub cloud_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    pub version: String,
    /// Newer version to which one can upgrade.
    pub available_version: String,
    pub model_status: DetailedStatus,
    /// Status of metering, no longer used.
    pub meter_status: MeterStatus,
    pub sla: String,
}

/// A relation as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RelationStatus {
    pub id: i64,
    /// The key, `web:db db:server`.
    pub key: String,
    pub interface: String,
    /// `global` or `container`.
    pub scope: String,
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<EndpointStatus>,
    pub status: DetailedStatus,
}

/// A branch as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BranchStatus {
    /// Units on the branch, by application.
    #[serde(with = "crate::go::nil")]
    pub assigned_units: BTreeMap<String, Vec<String>>,
    pub created: i64,
    pub created_by: String,
}

/// One end of a relation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EndpointStatus {
    pub application: String,
    pub name: String,
    /// Role in the relation: `provider`, `requirer`, `peer`.
    pub role: String,
    pub subordinate: bool,
}
