//! Credentials for clouds.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facade::controller::model::CloudCredential;
use crate::method::null_is_empty;
use crate::{ErrorResult, RemoteError};

/// What `Cloud.AddCredentials` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct TaggedCredentials {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub credentials: Vec<TaggedCredential>,
}

/// What `Cloud.CheckCredentialsModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateCredentialResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<UpdateCredentialResult>,
}

/// What `Cloud.Credential` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredentialResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<CloudCredentialResult>,
}

/// What `Cloud.CredentialContents` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredentialArgs {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub credentials: Vec<CloudCredentialArg>,
    /// Whether secret attributes are wanted.
    pub include_secrets: bool,
}

/// What `Cloud.CredentialContents` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CredentialContentResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<CredentialContentResult>,
}

/// What `Cloud.RevokeCredentialsCheckModels` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RevokeCredentialArgs {
    #[serde(with = "crate::go::nil")]
    pub credentials: Vec<RevokeCredentialArg>,
}

/// What `Cloud.UpdateCredentialsCheckModels` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateCredentialArgs {
    #[serde(with = "crate::go::nil")]
    pub credentials: Vec<TaggedCredential>,
    pub force: bool,
}

/// What `Cloud.UserCredentials` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserClouds {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub user_clouds: Vec<UserCloud>,
}

/// A credential with its tag.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct TaggedCredential {
    pub tag: String,
    pub credential: CloudCredential,
}

/// One item of what `Cloud.CheckCredentialsModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateCredentialResult {
    pub tag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub models: Vec<UpdateCredentialModelResult>,
}

/// One item of what `Cloud.Credential` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredentialResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CloudCredential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Name of a credential.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredentialArg {
    pub cloud_name: String,
    pub credential_name: String,
}

/// One item of what `Cloud.CredentialContents` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CredentialContentResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ControllerCredentialInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A credential that is to be revoked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RevokeCredentialArg {
    pub tag: String,
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
    pub uuid: String,
    pub name: String,
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub errors: Vec<ErrorResult>,
}

/// A credential with the models that use it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ControllerCredentialInfo {
    pub content: CredentialContent,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub models: Vec<ModelAccess>,
}

/// What a credential holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CredentialContent {
    pub name: String,
    pub cloud: String,
    pub auth_type: String,
    /// Whether the credential still works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub attrs: BTreeMap<String, String>,
}

/// A model with the user's access to it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelAccess {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access: String,
}
