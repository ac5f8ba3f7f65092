//! The description of a charm: settings, actions, plan.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facade::charms::meta::{CharmLXDProfile, CharmManifest, CharmMeta};
use crate::method::null_is_empty;

/// What `Charms.CharmInfo` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmURL {
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
}

/// The description of a charm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmDetails {
    pub revision: i64,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, CharmOption>,
    /// The content of `metadata.yaml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<CharmMeta>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<CharmActions>,
    /// Metrics, no longer used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<CharmMetrics>,
    /// The content of `manifest.yaml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<CharmManifest>,
    /// The content of `lxd-profile.yaml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lxd_profile: Option<CharmLXDProfile>,
}

/// What `Charms.IsMetered` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct IsMeteredResult {
    pub metered: bool,
}

/// What `Charms.List` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmsList {
    #[serde(with = "crate::go::nil")]
    pub names: Vec<String>,
}

/// What `Charms.List` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmsListResult {
    #[serde(with = "crate::go::nil")]
    pub charm_urls: Vec<String>,
}

/// A setting of a charm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmOption {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The default value.
    #[serde(rename = "default", skip_serializing_if = "Value::is_null")]
    pub default_value: Value,
}

/// The content of `actions.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmActions {
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub specs: BTreeMap<String, CharmActionSpec>,
}

/// The content of `metrics.yaml`, no longer used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmMetrics {
    /// Metrics, no longer used.
    #[serde(with = "crate::go::nil")]
    pub metrics: BTreeMap<String, CharmMetric>,
    pub plan: CharmPlan,
}

/// An action of a charm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmActionSpec {
    pub description: String,
    #[serde(with = "crate::go::nil")]
    pub params: BTreeMap<String, Value>,
}

/// A metric of a charm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmMetric {
    #[serde(rename = "type")]
    pub kind: String,
    pub description: String,
}

/// Whether a charm must be paid for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmPlan {
    pub required: bool,
}
