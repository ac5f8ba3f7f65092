//! How to reach the dashboard.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;

/// What `Controller.DashboardConnectionInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DashboardConnection {
    /// How to reach it through a proxy.
    pub proxy_connection: Option<ProxyParams>,
    /// How to reach it through SSH.
    pub ssh_connection: Option<DashboardConnectionSSHTunnel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A proxy of the dashboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ProxyParams {
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
    #[serde(rename = "type")]
    pub kind: String,
}

/// How to reach the dashboard through SSH.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DashboardConnectionSSHTunnel {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub model: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub entity: String,
    pub host: String,
    pub port: String,
}
