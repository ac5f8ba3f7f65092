//! What `FullStatus` takes and answers (`rpc/params/status.go`).

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
    /// The model.
    pub model: StatusModel,
    /// The machines.
    #[serde(deserialize_with = "null_is_empty")]
    pub machines: BTreeMap<String, MachineStatus>,
    /// The applications.
    #[serde(deserialize_with = "null_is_empty")]
    pub applications: BTreeMap<String, ApplicationStatus>,
    /// Applications of other models, by name.
    #[serde(deserialize_with = "null_is_empty")]
    pub remote_applications: BTreeMap<String, RemoteApplicationStatus>,
    /// The offers, by name.
    #[serde(deserialize_with = "null_is_empty")]
    pub offers: BTreeMap<String, ApplicationOfferStatus>,
    /// The relations.
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
    /// The filesystems.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub filesystems: Vec<FilesystemDetails>,
    /// The volumes.
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
    /// Its name.
    pub name: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// `cloud-<name>`.
    pub cloud_tag: String,
    /// Region of the cloud.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Version of it.
    pub version: String,
    /// Newer version to which one can upgrade.
    pub available_version: String,
    /// Status of the model.
    pub model_status: DetailedStatus,
    /// Status of metering, no longer used.
    pub meter_status: MeterStatus,
    /// Service level.
    pub sla: String,
}

/// A relation as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RelationStatus {
    /// Its id.
    pub id: i64,
    /// The key, `web:db db:server`.
    pub key: String,
    /// Name of the interface.
    pub interface: String,
    /// `global` or `container`.
    pub scope: String,
    /// Its endpoints.
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<EndpointStatus>,
    /// Its status.
    pub status: DetailedStatus,
}

/// A branch as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BranchStatus {
    /// Units on the branch, by application.
    #[serde(with = "crate::go::nil")]
    pub assigned_units: BTreeMap<String, Vec<String>>,
    /// When it was made.
    pub created: i64,
    /// Who made it.
    pub created_by: String,
}

/// One end of a relation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EndpointStatus {
    /// Name of the application.
    pub application: String,
    /// Its name.
    pub name: String,
    /// Role in the relation: `provider`, `requirer`, `peer`.
    pub role: String,
    /// Whether it is subordinate.
    pub subordinate: bool,
}
