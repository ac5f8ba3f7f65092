//! Models in short.

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
    /// Whether all of them are meant.
    #[serde(skip_serializing_if = "is_default")]
    pub all: bool,
}

/// What `ModelManager.ListModelSummaries` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSummaryResults {
    /// One for each item that was asked for, in order.
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
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ModelSummary>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A model and when the user was last connected to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserModel {
    /// The model.
    pub model: Model,
    /// When they were last connected, RFC 3339.
    pub last_connection: Option<String>,
}

/// A model as `juju models` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSummary {
    /// Its name.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// UUID of the controller.
    pub controller_uuid: String,
    /// Whether it is the controller's own model.
    pub is_controller: bool,
    /// Kind of cloud, `lxd`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_type: String,
    /// Series for new machines.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub default_series: String,
    /// `cloud-<name>`.
    pub cloud_tag: String,
    /// Region of the cloud.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_region: String,
    /// `cloudcred-<cloud>_<user>_<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_credential_tag: String,
    /// Tag of the owner.
    pub owner_tag: String,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// Its status.
    pub status: EntityStatus,
    /// The asking user's access.
    pub user_access: String,
    /// When they were last connected, RFC 3339.
    pub last_connection: Option<String>,
    /// How many there are of each kind.
    #[serde(with = "crate::go::nil")]
    pub counts: Vec<ModelEntityCount>,
    /// How a migration is going.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<ModelMigrationStatus>,
    /// Service level.
    pub sla: Option<ModelSLAInfo>,
    /// Version of the agents.
    pub agent_version: Option<String>,
}

/// Name and owner of a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its UUID.
    pub uuid: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Tag of the owner.
    pub owner_tag: String,
}

/// How many there are of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelEntityCount {
    /// The entity.
    pub entity: String,
    /// How many.
    pub count: i64,
}
