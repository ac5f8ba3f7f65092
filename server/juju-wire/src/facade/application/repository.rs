//! Deploying straight from the store.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::constraints::{Base, Constraints, DeviceConstraints, Placement, StorageConstraints};
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Application.DeployFromRepository` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DeployFromRepositoryArgs {
    #[serde(rename = "Args", with = "crate::go::nil")]
    pub args: Vec<DeployFromRepositoryArg>,
}

/// What `Application.DeployFromRepository` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DeployFromRepositoryResults {
    #[serde(rename = "Results", deserialize_with = "null_is_empty")]
    pub results: Vec<DeployFromRepositoryResult>,
}

/// A charm of the store that is to be deployed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DeployFromRepositoryArg {
    #[serde(rename = "CharmName")]
    pub charm_name: String,
    #[serde(rename = "ApplicationName")]
    pub application_name: String,
    #[serde(rename = "AttachStorage", with = "crate::go::nil")]
    pub attach_storage: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// Channel, `14/stable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Configuration as YAML.
    #[serde(rename = "ConfigYAML")]
    pub config_yaml: String,
    #[serde(rename = "Cons")]
    pub cons: Constraints,
    #[serde(rename = "Devices", with = "crate::go::nil")]
    pub devices: BTreeMap<String, DeviceConstraints>,
    /// Whether only to say what would be done.
    #[serde(rename = "DryRun")]
    pub dry_run: bool,
    /// Space of each endpoint; the empty name is the default.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub endpoint_bindings: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_units: Option<i64>,
    #[serde(rename = "Placement", with = "crate::go::nil")]
    pub placement: Vec<Option<Placement>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub resources: BTreeMap<String, String>,
    /// Storage, by the charm's name for it.
    #[serde(rename = "Storage", with = "crate::go::nil")]
    pub storage: BTreeMap<String, StorageConstraints>,
    /// Whether the charm gets the cloud's credentials.
    #[serde(rename = "Trust")]
    pub trust: bool,
}

/// One item of what `Application.DeployFromRepository` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DeployFromRepositoryResult {
    /// What stood against it.
    #[serde(rename = "Errors", with = "crate::go::nil")]
    pub errors: Vec<Option<RemoteError>>,
    #[serde(rename = "Info")]
    pub info: DeployFromRepositoryInfo,
    /// Resources that the client must upload.
    #[serde(rename = "PendingResourceUploads", with = "crate::go::nil")]
    pub pending_resource_uploads: Vec<Option<PendingResourceUpload>>,
}

/// What was chosen for a deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DeployFromRepositoryInfo {
    /// Architecture, `amd64`.
    pub architecture: String,
    pub base: Base,
    /// Channel, `14/stable`.
    pub channel: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective_channel: Option<String>,
    pub name: String,
    pub revision: i64,
}

/// A resource that the client must upload.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct PendingResourceUpload {
    #[serde(rename = "Name")]
    pub name: String,
    /// Path of the file at the client.
    #[serde(rename = "Filename")]
    pub filename: String,
    #[serde(rename = "Type")]
    pub kind: String,
}
