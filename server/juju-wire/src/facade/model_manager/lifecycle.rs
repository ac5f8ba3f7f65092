//! Making, destroying and dumping models.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::entity::Entity;
use crate::method::null_is_empty;

/// What `ModelManager.ChangeModelCredential` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ChangeModelCredentialsParams {
    #[serde(with = "crate::go::nil")]
    pub model_credentials: Vec<ChangeModelCredentialParams>,
}

/// What `ModelManager.CreateModel` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelCreateArgs {
    pub name: String,
    pub owner_tag: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    /// `cloud-<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub region: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub credential: String,
}

/// What `ModelManager.DestroyModels` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyModelsParams {
    #[serde(with = "crate::go::nil")]
    pub models: Vec<DestroyModelParams>,
}

/// What `ModelManager.DumpModels` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DumpModelRequest {
    #[serde(with = "crate::go::nil")]
    pub entities: Vec<Entity>,
    /// Whether without the parts that only a restore needs.
    pub simplified: bool,
}

/// A model and its new credential.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ChangeModelCredentialParams {
    /// `model-<uuid>`.
    pub model_tag: String,
    /// `cloudcred-<cloud>_<user>_<name>`.
    pub credential_tag: String,
}

/// A model that is to be destroyed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyModelParams {
    /// `model-<uuid>`.
    pub model_tag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroy_storage: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
    /// Time limit in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<i64>,
}
