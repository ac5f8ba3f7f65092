//! Settings and constraints of applications.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::constraints::{Base, Constraints};
use crate::method::null_is_empty;

/// What `Application.CharmConfig` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationGetArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<ApplicationGet>,
}

/// What `Application.CharmConfig` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationGetConfigResults {
    #[serde(rename = "Results", deserialize_with = "null_is_empty")]
    pub results: Vec<ConfigResult>,
}

/// What `Application.Get` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationGet {
    pub application: String,
    pub branch: String,
}

/// What `Application.Get` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationGetResults {
    pub application: String,
    pub charm: String,
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
    /// Settings of the application itself, `trust` among them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub application_config: BTreeMap<String, Value>,
    pub constraints: Constraints,
    pub base: Base,
    /// Channel, `14/stable`.
    pub channel: String,
    /// Space of each endpoint; the empty name is the default.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub endpoint_bindings: BTreeMap<String, String>,
}

/// What `Application.GetConstraints` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationGetConstraintsResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ApplicationConstraint>,
}

/// What `Application.SetConfigs` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConfigSetArgs {
    #[serde(rename = "Args", with = "crate::go::nil")]
    pub args: Vec<ConfigSetParams>,
}

/// What `Application.SetConstraints` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SetConstraintsParams {
    pub application: String,
    pub constraints: Constraints,
}

/// What `Application.SetMetricCredentials` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationMetricCredentials {
    #[serde(with = "crate::go::nil")]
    pub creds: Vec<ApplicationMetricCredential>,
}

/// What `Application.UnsetApplicationsConfig` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationConfigUnsetArgs {
    #[serde(rename = "Args", with = "crate::go::nil")]
    pub args: Vec<ApplicationUnset>,
}

/// The configuration of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConfigResult {
    /// Its configuration; none beside an error.
    pub config: Option<BTreeMap<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// Constraints of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationConstraint {
    pub constraints: Constraints,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// What storage to make; what is absent is the charm's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageDirectives {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pool: String,
    /// Size in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
}

/// Settings for an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConfigSetParams {
    pub application: String,
    /// The branch; `master` is none.
    pub generation: String,
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, String>,
    /// Configuration as YAML.
    pub config_yaml: String,
}

/// Credentials of an application for metering.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationMetricCredential {
    pub application: String,
    pub metrics_credentials: String,
}

/// Settings of an application to reset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationUnset {
    pub application: String,
    pub branch: String,
    #[serde(with = "crate::go::nil")]
    pub options: Vec<String>,
}
