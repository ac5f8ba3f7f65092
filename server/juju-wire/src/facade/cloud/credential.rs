//! Credentials for clouds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facade::controller::model::CloudCredential;
use crate::method::null_is_empty;
use crate::{ErrorResult, RemoteError};

/// What `Cloud.AddCredentials` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct TaggedCredentials {
    /// The credentials.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub credentials: Vec<TaggedCredential>,
}

/// What `Cloud.CheckCredentialsModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateCredentialResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<UpdateCredentialResult>,
}

/// What `Cloud.Credential` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredentialResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<CloudCredentialResult>,
}

/// What `Cloud.CredentialContents` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredentialArgs {
    /// The credentials.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub credentials: Vec<CloudCredentialArg>,
    /// Whether secret attributes are wanted.
    pub include_secrets: bool,
}

/// What `Cloud.CredentialContents` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CredentialContentResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<CredentialContentResult>,
}

/// What `Cloud.RevokeCredentialsCheckModels` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RevokeCredentialArgs {
    /// The credentials.
    #[serde(with = "crate::go::nil")]
    pub credentials: Vec<RevokeCredentialArg>,
}

/// What `Cloud.UpdateCredentialsCheckModels` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateCredentialArgs {
    /// The credentials.
    #[serde(with = "crate::go::nil")]
    pub credentials: Vec<TaggedCredential>,
    /// Whether to go on despite errors.
    pub force: bool,
}

/// What `Cloud.UserCredentials` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserClouds {
    /// The users with their clouds.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub user_clouds: Vec<UserCloud>,
}

/// A credential with its tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct TaggedCredential {
    /// Tag of the entity.
    pub tag: String,
    /// The credential.
    pub credential: CloudCredential,
}

/// One item of what `Cloud.CheckCredentialsModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateCredentialResult {
    /// Tag of the entity.
    pub tag: String,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// The models.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub models: Vec<UpdateCredentialModelResult>,
}

/// One item of what `Cloud.Credential` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredentialResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CloudCredential>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Name of a credential.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredentialArg {
    /// Name of the cloud.
    pub cloud_name: String,
    /// Name of the credential.
    pub credential_name: String,
}

/// One item of what `Cloud.CredentialContents` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CredentialContentResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ControllerCredentialInfo>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A credential that is to be revoked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RevokeCredentialArg {
    /// Tag of the entity.
    pub tag: String,
    /// Whether to go on despite errors.
    pub force: bool,
}

/// A user and a cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserCloud {
    /// `user-<name>`.
    pub user_tag: String,
    /// `cloud-<name>`.
    pub cloud_tag: String,
}

/// What a new credential means for one model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateCredentialModelResult {
    /// Its UUID.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub errors: Vec<ErrorResult>,
}

/// A credential with the models that use it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllerCredentialInfo {
    /// The content.
    pub content: CredentialContent,
    /// The models.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub models: Vec<ModelAccess>,
}

/// What a credential holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CredentialContent {
    /// Its name.
    pub name: String,
    /// The cloud.
    pub cloud: String,
    /// How one logs in.
    pub auth_type: String,
    /// Whether the credential still works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
    /// Attributes by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub attrs: BTreeMap<String, String>,
}

/// A model with the user's access to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelAccess {
    /// The model.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// Level of access.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access: String,
}
