//! Pools of storage.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::method::null_is_empty;

/// What `Storage.CreatePool` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragePoolArgs {
    /// The pools.
    #[serde(with = "crate::go::nil")]
    pub pools: Vec<StoragePool>,
}

/// What `Storage.ListPools` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragePoolFilters {
    /// What to look for; any of them is enough.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub filters: Vec<StoragePoolFilter>,
}

/// What `Storage.ListPools` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragePoolsResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<StoragePoolsResult>,
}

/// What `Storage.RemovePool` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragePoolDeleteArgs {
    /// The pools.
    #[serde(with = "crate::go::nil")]
    pub pools: Vec<StoragePoolDeleteArg>,
}

/// A pool of storage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragePool {
    /// Its name.
    pub name: String,
    /// Kind of storage, `lxd`.
    pub provider: String,
    /// Attributes by name.
    pub attrs: Option<BTreeMap<String, Value>>,
}

/// Which pools are wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragePoolFilter {
    /// Names to look for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub names: Vec<String>,
    /// Kinds of storage to look for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub providers: Vec<String>,
}

/// One item of what `Storage.ListPools` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragePoolsResult {
    /// The pools.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub storage_pools: Vec<StoragePool>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A pool that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StoragePoolDeleteArg {
    /// Its name.
    pub name: String,
}
