//! Defaults of model settings, by cloud and region.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::method::null_is_empty;

/// What `ModelManager.ModelDefaultsForClouds` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelDefaultsResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ModelDefaultsResult>,
}

/// What `ModelManager.SetModelDefaults` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SetModelDefaultsParams {
    #[serde(with = "crate::go::nil")]
    pub config: Vec<ModelDefaultValues>,
}

/// What `ModelManager.UnsetModelDefaults` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnsetModelDefaultsParams {
    #[serde(with = "crate::go::nil")]
    pub keys: Vec<ModelUnsetKeys>,
}

/// One item of what `ModelManager.ModelDefaultsForClouds` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelDefaultsResult {
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, ModelDefaults>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Defaults to set for a cloud or region.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelDefaultValues {
    /// `cloud-<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_region: String,
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
}

/// Defaults to remove for a cloud or region.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelUnsetKeys {
    /// `cloud-<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cloud_region: String,
    #[serde(with = "crate::go::nil")]
    pub keys: Vec<String>,
}

/// The default of one setting, by where it was set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelDefaults {
    /// The default value.
    #[serde(rename = "default", skip_serializing_if = "Value::is_null")]
    pub default_value: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    pub controller: Value,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub regions: Vec<RegionDefaults>,
}

/// The default of one setting for a region.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RegionDefaults {
    pub region_name: String,
    pub value: Value,
}
