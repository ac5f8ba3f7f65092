//! Making, changing, granting and removing secrets.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facade::secrets::list::SecretValueRef;
use crate::method::null_is_empty;

/// What `Secrets.CreateSecrets` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CreateSecretArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<CreateSecretArg>,
}

/// What `Secrets.GrantSecret` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct GrantRevokeUserSecretArg {
    /// URI of the secret, `secret:<id>`.
    pub uri: String,
    pub label: String,
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<String>,
}

/// What `Secrets.RemoveSecrets` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DeleteSecretArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<DeleteSecretArg>,
}

/// What `Secrets.UpdateSecrets` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateUserSecretArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<UpdateUserSecretArg>,
}

/// A secret that is to be made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CreateSecretArg {
    /// How often it should be rotated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate_policy: Option<String>,
    /// When it expires, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub params: BTreeMap<String, Value>,
    pub content: SecretContentParams,
    /// URI of the secret, `secret:<id>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    pub owner_tag: String,
}

/// A secret or revisions of it that are to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DeleteSecretArg {
    /// URI of the secret, `secret:<id>`.
    pub uri: String,
    pub label: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub revisions: Vec<i64>,
}

/// A secret that is to be changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateUserSecretArg {
    /// How often it should be rotated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate_policy: Option<String>,
    /// When it expires, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub params: BTreeMap<String, Value>,
    pub content: SecretContentParams,
    /// URI of the secret, `secret:<id>`.
    pub uri: String,
    /// Label by which it is found.
    pub existing_label: String,
    /// Whether revisions without a user are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_prune: Option<bool>,
}

/// Content of a secret, or where it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretContentParams {
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub data: BTreeMap<String, String>,
    /// Where the content is, if it is in another backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_ref: Option<SecretValueRef>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub checksum: String,
}
