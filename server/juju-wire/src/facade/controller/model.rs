//! Models as the controller sees them: clouds, blocks, ends.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<CloudSpecResult>,
}

/// What `Controller.DestroyController` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyControllerArgs {
    pub destroy_models: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroy_storage: Option<bool>,
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
    #[serde(with = "crate::go::nil")]
    pub models: Vec<HostedModelConfig>,
}

/// What `Controller.ListBlockedModels` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelBlockInfoList {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub models: Vec<ModelBlockInfo>,
}

/// What `Controller.RemoveBlocks` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveBlocksArgs {
    pub all: bool,
}

/// What `SSHClient.ModelCredentialForSSH` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudSpecResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CloudSpecParams>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A model with its configuration and cloud.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct HostedModelConfig {
    pub name: String,
    pub owner: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud_spec: Option<CloudSpecParams>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A model with its blocks.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelBlockInfo {
    pub name: String,
    pub model_uuid: String,
    pub owner_tag: String,
    #[serde(with = "crate::go::nil")]
    pub blocks: Vec<String>,
}

/// A cloud with its credential.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CloudSpecParams {
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub identity_endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage_endpoint: String,
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
    pub auth_type: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub attrs: BTreeMap<String, String>,
    /// Names of attributes that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub redacted: Vec<String>,
}
