//! Models as the controller sees them: clouds, blocks, ends.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Controller.CloudSpec` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudSpecResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<CloudSpecResult>,
}

/// What `Controller.DestroyController` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyControllerArgs {
    /// Whether the models go too.
    pub destroy_models: bool,
    /// Whether to destroy storage too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroy_storage: Option<bool>,
    /// Whether to go on despite errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
    /// Time limit for each model in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_timeout: Option<i64>,
}

/// What `Controller.HostedModelConfigs` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct HostedModelConfigsResults {
    /// The models.
    #[serde(with = "crate::go::nil")]
    pub models: Vec<HostedModelConfig>,
}

/// What `Controller.ListBlockedModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelBlockInfoList {
    /// The models.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub models: Vec<ModelBlockInfo>,
}

/// What `Controller.RemoveBlocks` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveBlocksArgs {
    /// Whether all of them are meant.
    pub all: bool,
}

/// What `SSHClient.ModelCredentialForSSH` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudSpecResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CloudSpecParams>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A model with its configuration and cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct HostedModelConfig {
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: String,
    /// Its configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    /// The cloud with its credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_spec: Option<CloudSpecParams>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A model with its blocks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelBlockInfo {
    /// Its name.
    pub name: String,
    /// UUID of the model.
    pub model_uuid: String,
    /// Tag of the owner.
    pub owner_tag: String,
    /// Kinds of block.
    #[serde(with = "crate::go::nil")]
    pub blocks: Vec<String>,
}

/// A cloud with its credential.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudSpecParams {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Region of the cloud.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Name of the endpoint.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    /// Where the cloud checks identities.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity_endpoint: String,
    /// Where the cloud keeps storage.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_endpoint: String,
    /// The credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CloudCredential>,
    /// Certificate authorities, PEM.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub cacertificates: Vec<String>,
    /// Whether any certificate is accepted.
    #[serde(skip_serializing_if = "is_default")]
    pub skip_tls_verify: bool,
    /// Whether the controller itself lives there.
    #[serde(skip_serializing_if = "is_default")]
    pub is_controller_cloud: bool,
}

/// A credential.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudCredential {
    /// How one logs in.
    pub auth_type: String,
    /// Attributes by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub attrs: BTreeMap<String, String>,
    /// Names of attributes that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub redacted: Vec<String>,
}
