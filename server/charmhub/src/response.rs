//! What the store answers (`charmhub/transport`).

#![expect(missing_docs, reason = "the fields mirror `charmhub/transport` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

/// Null is the default, as Go reads it.
fn null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What `find` answers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct FindResults {
    #[serde(deserialize_with = "null")]
    pub(crate) results: Vec<Found>,
    #[serde(deserialize_with = "null")]
    pub(crate) error_list: Vec<ApiError>,
}

/// What `refresh` answers.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct Actions {
    #[serde(deserialize_with = "null")]
    pub(crate) results: Vec<ActionResult>,
    #[serde(deserialize_with = "null")]
    pub(crate) error_list: Vec<ApiError>,
}

/// The result of one action.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct ActionResult {
    pub(crate) charm: Option<Package>,
    pub(crate) error: Option<ApiError>,
}

/// A charm or bundle that was found.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Found {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub name: String,
    #[serde(rename = "result", deserialize_with = "null")]
    pub entity: Entity,
    #[serde(deserialize_with = "null")]
    pub default_release: ChannelMap,
}

/// A charm or bundle with all its channels.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Info {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    pub name: String,
    #[serde(rename = "result", deserialize_with = "null")]
    pub entity: Entity,
    #[serde(deserialize_with = "null")]
    pub channel_map: Vec<ChannelMap>,
    #[serde(deserialize_with = "null")]
    pub default_release: ChannelMap,
    #[serde(deserialize_with = "null")]
    pub(crate) error_list: Vec<ApiError>,
}

/// What the store knows of a charm or bundle.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Entity {
    #[serde(deserialize_with = "null")]
    pub categories: Vec<Category>,
    /// Charms of a bundle.
    #[serde(deserialize_with = "null")]
    pub contains_charms: Vec<Charm>,
    #[serde(deserialize_with = "null")]
    pub description: String,
    #[serde(deserialize_with = "null")]
    pub publisher: BTreeMap<String, serde_json::Value>,
    #[serde(deserialize_with = "null")]
    pub summary: String,
    /// Bundles with the charm.
    #[serde(deserialize_with = "null")]
    pub used_by: Vec<String>,
    #[serde(deserialize_with = "null")]
    pub store_url: String,
}

/// A category.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Category {
    pub name: String,
}

/// A charm of a bundle.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Charm {
    pub name: String,
}

/// A revision in a channel.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ChannelMap {
    #[serde(deserialize_with = "null")]
    pub channel: Channel,
    #[serde(deserialize_with = "null")]
    pub revision: Revision,
}

/// A channel.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Channel {
    #[serde(deserialize_with = "null")]
    pub released_at: String,
    #[serde(deserialize_with = "null")]
    pub risk: String,
    #[serde(deserialize_with = "null")]
    pub track: String,
}

/// A revision.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Revision {
    #[serde(deserialize_with = "null")]
    pub config_yaml: String,
    #[serde(deserialize_with = "null")]
    pub metadata_yaml: String,
    #[serde(deserialize_with = "null")]
    pub bundle_yaml: String,
    #[serde(deserialize_with = "null")]
    pub download: Download,
    #[serde(deserialize_with = "null")]
    pub bases: Vec<Base>,
    #[serde(deserialize_with = "null")]
    pub revision: i64,
    #[serde(deserialize_with = "null")]
    pub version: String,
}

/// An operating system with its release and an architecture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Base {
    #[serde(deserialize_with = "null")]
    pub architecture: String,
    #[serde(deserialize_with = "null")]
    pub name: String,
    #[serde(deserialize_with = "null")]
    pub channel: String,
}

/// Where content is, and how it is recognised.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Download {
    #[serde(rename = "hash-sha-256", deserialize_with = "null")]
    pub hash_sha_256: String,
    #[serde(deserialize_with = "null")]
    pub size: u64,
    #[serde(deserialize_with = "null")]
    pub url: String,
}

/// A charm or bundle that can be installed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Package {
    #[serde(rename = "type", deserialize_with = "null")]
    pub kind: String,
    #[serde(deserialize_with = "null")]
    pub download: Download,
    #[serde(deserialize_with = "null")]
    pub name: String,
    #[serde(deserialize_with = "null")]
    pub resources: Vec<Resource>,
    #[serde(deserialize_with = "null")]
    pub bases: Vec<Base>,
    #[serde(deserialize_with = "null")]
    pub revision: i64,
    #[serde(deserialize_with = "null")]
    pub version: String,
}

/// A resource of a charm.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Resource {
    #[serde(deserialize_with = "null")]
    pub download: Download,
    #[serde(deserialize_with = "null")]
    pub name: String,
    #[serde(deserialize_with = "null")]
    pub filename: String,
    #[serde(deserialize_with = "null")]
    pub revision: i64,
    #[serde(rename = "type", deserialize_with = "null")]
    pub kind: String,
}

/// An error of the store.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApiError {
    #[serde(deserialize_with = "null")]
    pub code: String,
    #[serde(deserialize_with = "null")]
    pub message: String,
    #[serde(deserialize_with = "null")]
    pub extra: Extra,
}

/// What the store adds to an error.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Extra {
    #[serde(deserialize_with = "null")]
    pub releases: Vec<Release>,
    #[serde(deserialize_with = "null")]
    pub default_bases: Vec<Base>,
}

/// A channel with a base.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Release {
    #[serde(deserialize_with = "null")]
    pub base: Base,
    #[serde(deserialize_with = "null")]
    pub channel: String,
}
