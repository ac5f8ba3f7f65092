//! What the metadata and the manifest of a charm say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facade::application::origin::CharmRelation;
use crate::method::null_is_empty;

/// What `metadata.yaml` says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmMeta {
    /// Its name.
    pub name: String,
    /// In one line.
    pub summary: String,
    /// What it is for, in words.
    pub description: String,
    /// Whether it is subordinate.
    pub subordinate: bool,
    /// Endpoints that provide.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub provides: BTreeMap<String, CharmRelation>,
    /// Endpoints that require.
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
    /// Tags of it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub tags: Vec<String>,
    /// Series that it runs on.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub series: Vec<String>,
    /// Storage, by the charm's name for it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub storage: BTreeMap<String, CharmStorage>,
    /// Devices by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub devices: BTreeMap<String, CharmDevice>,
    /// How it is run on Kubernetes, no longer used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment: Option<CharmDeployment>,
    /// Payloads by class.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub payload_classes: BTreeMap<String, CharmPayloadClass>,
    /// The resources.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub resources: BTreeMap<String, CharmResourceMeta>,
    /// Terms of use.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub terms: Vec<String>,
    /// Oldest Juju that it runs with.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub min_juju_version: String,
    /// The containers, by id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub containers: BTreeMap<String, CharmContainer>,
    /// What it assumes of Juju.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumes_expr: Option<Value>,
    /// User that it runs as.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm_user: String,
}

/// What `manifest.yaml` says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmManifest {
    /// Bases that it runs on.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub bases: Vec<CharmBase>,
}

/// What `lxd-profile.yaml` says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmLXDProfile {
    /// Its configuration.
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, String>,
    /// What it is for, in words.
    pub description: String,
    /// Devices by name.
    #[serde(with = "crate::go::nil")]
    pub devices: BTreeMap<String, BTreeMap<String, String>>,
}

/// Storage that a charm asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmStorage {
    /// Its name.
    pub name: String,
    /// What it is for, in words.
    pub description: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether all units share it.
    pub shared: bool,
    /// Whether it can only be read.
    pub read_only: bool,
    /// How many at least.
    pub count_min: i64,
    /// How many at most; -1 means no limit.
    pub count_max: i64,
    /// Size in MiB at least.
    pub minimum_size: u64,
    /// Where it is mounted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// Properties of it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub properties: Vec<String>,
}

/// A device that a charm asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmDevice {
    /// Its name.
    #[serde(rename = "Name")]
    pub name: String,
    /// What it is for, in words.
    #[serde(rename = "Description")]
    pub description: String,
    /// Its kind.
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
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// How it is to be done.
    pub mode: String,
    /// Kind of service.
    pub service: String,
    /// Oldest version of Kubernetes.
    pub min_version: String,
}

/// A class of payloads.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmPayloadClass {
    /// Its name.
    pub name: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A resource that a charm asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmResourceMeta {
    /// Its name.
    pub name: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Path of it.
    pub path: String,
    /// What it is for, in words.
    pub description: String,
}

/// A container that a charm asks for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmContainer {
    /// Name of the image resource.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    /// What is mounted.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub mounts: Vec<CharmMount>,
    /// User that it runs as.
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
    /// Its name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Channel, `14/stable`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// Architectures.
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
    /// Where it is mounted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
}
