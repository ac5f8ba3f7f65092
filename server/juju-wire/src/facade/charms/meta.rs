//! What the metadata and the manifest of a charm say.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facade::application::origin::CharmRelation;
use crate::method::null_is_empty;

/// The content of `metadata.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmMeta {
    pub name: String,
    pub summary: String,
    pub description: String,
    pub subordinate: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub provides: BTreeMap<String, CharmRelation>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub requires: BTreeMap<String, CharmRelation>,
    /// Endpoints among its own units.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub peers: BTreeMap<String, CharmRelation>,
    /// Names for further networks.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub extra_bindings: BTreeMap<String, String>,
    /// Categories, no longer used.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub categories: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub series: Vec<String>,
    /// Storage, by the charm's name for it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub storage: BTreeMap<String, CharmStorage>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub devices: BTreeMap<String, CharmDevice>,
    /// How it is run on Kubernetes, no longer used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment: Option<CharmDeployment>,
    /// Payloads by class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub payload_classes: BTreeMap<String, CharmPayloadClass>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub resources: BTreeMap<String, CharmResourceMeta>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub terms: Vec<String>,
    /// Oldest Juju that it runs with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub min_juju_version: String,
    /// The containers, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub containers: BTreeMap<String, CharmContainer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumes_expr: Option<Value>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm_user: String,
}

/// The content of `manifest.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmManifest {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub bases: Vec<CharmBase>,
}

/// The content of `lxd-profile.yaml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmLXDProfile {
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, String>,
    pub description: String,
    #[serde(with = "crate::go::nil")]
    pub devices: BTreeMap<String, BTreeMap<String, String>>,
}

/// Storage that a charm asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmStorage {
    pub name: String,
    pub description: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub shared: bool,
    /// Whether it can only be read.
    pub read_only: bool,
    /// How many at least.
    pub count_min: i64,
    /// How many at most; -1 means no limit.
    pub count_max: i64,
    /// Size in MiB at least.
    pub minimum_size: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub properties: Vec<String>,
}

/// A device that a charm asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmDevice {
    #[serde(rename = "Name")]
    pub name: String,
    #[serde(rename = "Description")]
    pub description: String,
    #[serde(rename = "Type")]
    pub kind: String,
    /// How many at least.
    #[serde(rename = "CountMin")]
    pub count_min: i64,
    /// How many at most.
    #[serde(rename = "CountMax")]
    pub count_max: i64,
}

/// How a charm is run on Kubernetes, no longer used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmDeployment {
    #[serde(rename = "type")]
    pub kind: String,
    pub mode: String,
    pub service: String,
    /// Oldest version of Kubernetes.
    pub min_version: String,
}

/// A class of payloads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmPayloadClass {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
}

/// A resource that a charm asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmResourceMeta {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub path: String,
    pub description: String,
}

/// A container that a charm asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmContainer {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub mounts: Vec<CharmMount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<i64>,
    /// Group that it runs as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<i64>,
}

/// An operating system on which a charm runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmBase {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Channel, `14/stable`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub architectures: Vec<String>,
}

/// Storage mounted in a container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmMount {
    /// Storage, by the charm's name for it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub storage: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
}
