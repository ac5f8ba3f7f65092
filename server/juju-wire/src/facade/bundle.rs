//! Facade `Bundle`: models as bundles, and bundles as steps.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bulk::StringResult;
use crate::go::is_default;
use crate::method::null_is_empty;

crate::methods! { Bundle {
    /// The model as a bundle.
    ExportBundle(read): ExportBundleParams => StringResult,
    /// Steps of deploying a bundle, arguments in order.
    GetChanges(read): BundleChangesParams => BundleChangesResults,
    /// Steps of deploying a bundle, arguments by name.
    GetChangesMapArgs(read): BundleChangesParams => BundleChangesMapArgsResults,
} }

/// What `Bundle.ExportBundle` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ExportBundleParams {
    /// Whether defaults are written too.
    #[serde(skip_serializing_if = "is_default")]
    pub include_charm_defaults: bool,
    /// Whether series are written beside bases.
    #[serde(skip_serializing_if = "is_default")]
    pub include_series: bool,
}

/// What `Bundle.GetChanges` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BundleChangesParams {
    /// The bundle as YAML.
    pub yaml: String,
    #[serde(rename = "bundleURL")]
    pub bundle_url: String,
}

/// What `Bundle.GetChanges` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BundleChangesResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub changes: Vec<Option<BundleChange>>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub errors: Vec<String>,
}

/// What `Bundle.GetChangesMapArgs` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BundleChangesMapArgsResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub changes: Vec<Option<BundleChangesMapArgs>>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub errors: Vec<String>,
}

/// A step of deploying a bundle.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BundleChange {
    pub id: String,
    pub method: String,
    #[serde(with = "crate::go::nil")]
    pub args: Vec<Value>,
    #[serde(deserialize_with = "null_is_empty")]
    pub requires: Vec<String>,
}

/// A step of deploying a bundle, its arguments by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BundleChangesMapArgs {
    pub id: String,
    pub method: String,
    #[serde(with = "crate::go::nil")]
    pub args: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_is_empty")]
    pub requires: Vec<String>,
}
