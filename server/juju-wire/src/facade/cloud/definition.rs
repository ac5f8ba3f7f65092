//! Clouds with their regions and users.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::constraints::Constraints;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Cloud.AddCloud` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddCloudArgs {
    pub cloud: CloudDefinition,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
}

/// What `Cloud.Cloud` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<CloudResult>,
}

/// What `Cloud.CloudInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<CloudInfoResult>,
}

/// What `Cloud.Clouds` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudsResult {
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub clouds: BTreeMap<String, CloudDefinition>,
}

/// What `Cloud.InstanceTypes` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudInstanceTypesConstraints {
    #[serde(with = "crate::go::nil")]
    pub constraints: Vec<CloudInstanceTypesConstraint>,
}

/// What `Cloud.ListCloudInfo` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListCloudsRequest {
    /// `user-<name>`.
    pub user_tag: String,
    #[serde(skip_serializing_if = "is_default")]
    pub all: bool,
}

/// What `Cloud.ListCloudInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListCloudInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ListCloudInfoResult>,
}

/// What `Cloud.ModifyCloudAccess` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyCloudAccessRequest {
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<ModifyCloudAccessParams>,
}

/// What `Cloud.UpdateCloud` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateCloudArgs {
    #[serde(with = "crate::go::nil")]
    pub clouds: Vec<AddCloudArgs>,
}

/// A cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudDefinition {
    #[serde(rename = "type")]
    pub kind: String,
    /// Cloud that a Kubernetes cluster runs on.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub host_cloud_region: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub auth_types: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_endpoint: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub regions: Vec<CloudRegion>,
    /// Certificate authorities, PEM.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub ca_certificates: Vec<String>,
    /// Whether any certificate is accepted.
    #[serde(skip_serializing_if = "is_default")]
    pub skip_tls_verify: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    /// Defaults of each region.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub region_config: BTreeMap<String, BTreeMap<String, Value>>,
    /// Whether the controller itself lives there.
    #[serde(skip_serializing_if = "is_default")]
    pub is_controller_cloud: bool,
}

/// One item of what `Cloud.Cloud` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<CloudDefinition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// One item of what `Cloud.CloudInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudInfoResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CloudWithUsers>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Which kinds of instance are wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudInstanceTypesConstraint {
    /// `cloud-<name>`.
    pub cloud_tag: String,
    pub region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Constraints>,
}

/// One item of what `Cloud.ListCloudInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListCloudInfoResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ListedCloud>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A change of a user's access to a cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyCloudAccessParams {
    /// `user-<name>`.
    pub user_tag: String,
    /// `cloud-<name>`.
    pub cloud_tag: String,
    pub action: String,
    pub access: String,
}

/// A region of a cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudRegion {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_endpoint: String,
}

/// A cloud with its users.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudWithUsers {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub auth_types: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_endpoint: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub regions: Vec<CloudRegion>,
    #[serde(with = "crate::go::nil")]
    pub users: Vec<CloudUserInfo>,
}

/// A cloud with the asking user's access.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListedCloud {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub auth_types: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_endpoint: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub regions: Vec<CloudRegion>,
    pub user_access: String,
}

/// A user of a cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudUserInfo {
    pub user: String,
    pub display_name: String,
    pub access: String,
}
