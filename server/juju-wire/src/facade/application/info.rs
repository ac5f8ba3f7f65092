//! Applications in detail.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::constraints::{Base, Constraints};
use crate::facade::client::application::ExposedEndpoint;
use crate::method::null_is_empty;

/// What `Application.ApplicationsInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ApplicationInfoResult>,
}

/// What `Application.ScaleApplications` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ScaleApplicationResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<ScaleApplicationResult>,
}

/// An application, or why there is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationInfoResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ApplicationResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// One item of what `Application.ScaleApplications` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ScaleApplicationResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<ScaleApplicationInfo>,
}

/// An application as `juju show-application` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationResult {
    pub tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm: String,
    pub base: Base,
    /// Channel, `14/stable`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    pub constraints: Constraints,
    pub principal: bool,
    /// Whether it may be reached from outside.
    pub exposed: bool,
    /// Whether it belongs to another model.
    pub remote: bool,
    pub life: String,
    /// Space of each endpoint; the empty name is the default.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub endpoint_bindings: BTreeMap<String, String>,
    /// Who may reach each endpoint; the empty name is all of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub exposed_endpoints: BTreeMap<String, ExposedEndpoint>,
}

/// Number of units after scaling.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ScaleApplicationInfo {
    pub num_units: i64,
}
