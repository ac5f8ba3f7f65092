//! Models in short.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Life;
use crate::facade::client::entity_status::EntityStatus;
use crate::facade::model_manager::info::{ModelMigrationStatus, ModelSLAInfo};
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `ModelManager.ListModelSummaries` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSummariesRequest {
    /// `user-<name>`.
    pub user_tag: String,
    #[serde(skip_serializing_if = "is_default")]
    pub all: bool,
}

/// What `ModelManager.ListModelSummaries` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSummaryResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ModelSummaryResult>,
}

/// What `ModelManager.ListModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserModelList {
    /// The models with the user's last connection.
    #[serde(with = "crate::go::nil")]
    pub user_models: Vec<UserModel>,
}

/// One item of what `ModelManager.ListModelSummaries` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSummaryResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ModelSummary>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A model and when the user was last connected to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserModel {
    pub model: Model,
    /// When they were last connected, RFC 3339.
    pub last_connection: Option<String>,
}

/// A model as `juju models` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSummary {
    pub name: String,
    pub uuid: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub controller_uuid: String,
    pub is_controller: bool,
    /// Kind of cloud, `lxd`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub default_series: String,
    /// `cloud-<name>`.
    pub cloud_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_region: String,
    /// `cloudcred-<cloud>_<user>_<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_credential_tag: String,
    pub owner_tag: String,
    pub life: Life,
    pub status: EntityStatus,
    pub user_access: String,
    /// When they were last connected, RFC 3339.
    pub last_connection: Option<String>,
    /// How many there are of each kind.
    #[serde(with = "crate::go::nil")]
    pub counts: Vec<ModelEntityCount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<ModelMigrationStatus>,
    pub sla: Option<ModelSLAInfo>,
    pub agent_version: Option<String>,
}

/// Name and owner of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Model {
    pub name: String,
    pub uuid: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub owner_tag: String,
}

/// How many there are of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelEntityCount {
    pub entity: String,
    pub count: i64,
}
