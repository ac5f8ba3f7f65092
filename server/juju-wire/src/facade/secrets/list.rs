//! Secrets as they are listed.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::method::null_is_empty;

/// What `Secrets.ListSecrets` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSecretsArgs {
    /// Whether contents are wanted.
    pub show_secrets: bool,
    pub filter: SecretsFilter,
}

/// What `Secrets.ListSecrets` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSecretResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ListSecretResult>,
}

/// Which secrets are wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretsFilter {
    /// URI of the secret, `secret:<id>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_tag: Option<String>,
}

/// A secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSecretResult {
    /// URI of the secret, `secret:<id>`.
    pub uri: String,
    pub version: i64,
    pub owner_tag: String,
    /// How often it should be rotated.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rotate_policy: String,
    /// When it should next be rotated, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rotate_time: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    pub latest_revision: i64,
    pub latest_revision_checksum: String,
    /// When the latest revision expires, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_expire_time: Option<String>,
    /// When it was made, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub create_time: String,
    /// When it was last changed, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub update_time: String,
    #[serde(with = "crate::go::nil")]
    pub revisions: Vec<SecretRevision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<SecretValueResult>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub access: Vec<AccessInfo>,
}

/// A revision of a secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretRevision {
    pub revision: i64,
    /// Where the content is, if it is in another backend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_ref: Option<SecretValueRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend_name: Option<String>,
    /// When it was made, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub create_time: String,
    /// When it was last changed, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub update_time: String,
    /// When it expires, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_time: Option<String>,
}

/// Content of a secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretValueResult {
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub data: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Who may read a secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AccessInfo {
    pub target_tag: String,
    /// As long as this exists.
    pub scope_tag: String,
    /// Role in the relation: `provider`, `requirer`, `peer`.
    pub role: String,
}

/// Where a content is in a backend.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SecretValueRef {
    pub backend_id: String,
    pub revision_id: String,
}
