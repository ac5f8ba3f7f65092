//! Moving models to another controller.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Controller.InitiateMigration` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct InitiateMigrationArgs {
    #[serde(with = "crate::go::nil")]
    pub specs: Vec<MigrationSpec>,
}

/// What `Controller.InitiateMigration` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct InitiateMigrationResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<InitiateMigrationResult>,
}

/// A model that is to be migrated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MigrationSpec {
    /// `model-<uuid>`.
    pub model_tag: String,
    /// The controller to which it goes.
    pub target_info: MigrationTargetInfo,
}

/// One item of what `Controller.InitiateMigration` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct InitiateMigrationResult {
    /// `model-<uuid>`.
    pub model_tag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    pub migration_id: String,
}

/// The controller to which a model goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MigrationTargetInfo {
    /// `controller-<uuid>`.
    pub controller_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub controller_alias: String,
    #[serde(with = "crate::go::nil")]
    pub addrs: Vec<String>,
    /// Certificate authority, PEM.
    pub ca_cert: String,
    /// `user-<name>`.
    pub auth_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub password: String,
    /// Macaroons as JSON text.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub macaroons: String,
    /// Whether users need not exist at the target.
    #[serde(skip_serializing_if = "is_default")]
    pub skip_user_checks: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub token: String,
}
