//! Facade `Resources`: files and images that charms need.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::entity::Entities;
use crate::facade::application::origin::CharmOrigin;
use crate::method::null_is_empty;

crate::methods! { Resources {
    /// Records resources before their application is there.
    AddPendingResources(write): AddPendingResourcesArgsV2 => AddPendingResourcesResult,
    /// Resources of applications.
    ListResources(read): Entities => ResourcesResults,
} }

/// What `Resources.AddPendingResources` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddPendingResourcesArgsV2 {
    /// Tag of the entity.
    pub tag: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    /// Where the charm came from.
    pub charm_origin: CharmOrigin,
    /// Proof of the right to it.
    pub macaroon: Option<Value>,
    /// The resources.
    #[serde(with = "crate::go::nil")]
    pub resources: Vec<CharmResource>,
}

/// What `Resources.AddPendingResources` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddPendingResourcesResult {
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// Ids of the pending resources.
    #[serde(with = "crate::go::nil")]
    pub pending_ids: Vec<String>,
}

/// What `Resources.ListResources` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResourcesResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ResourcesResult>,
}

/// A resource of a charm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmResource {
    /// Its name.
    pub name: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Path of it.
    pub path: String,
    /// What it is for, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it comes from.
    pub origin: String,
    /// Revision of it.
    pub revision: i64,
    /// SHA-384 of the content, base64.
    pub fingerprint: String,
    /// Size in bytes.
    pub size: i64,
}

/// One item of what `Resources.ListResources` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResourcesResult {
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// The resources.
    #[serde(with = "crate::go::nil")]
    pub resources: Vec<Resource>,
    /// Resources as the store has them; none beside an error.
    pub charm_store_resources: Option<Vec<CharmResource>>,
    /// Resources as each unit has them.
    #[serde(with = "crate::go::nil")]
    pub unit_resources: Vec<UnitResources>,
}

/// A resource of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Resource {
    /// Its name.
    pub name: String,
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// Path of it.
    pub path: String,
    /// What it is for, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it comes from.
    pub origin: String,
    /// Revision of it.
    pub revision: i64,
    /// SHA-384 of the content, base64.
    pub fingerprint: String,
    /// Size in bytes.
    pub size: i64,
    /// Its id.
    pub id: String,
    /// Id of the pending resource.
    pub pending_id: String,
    /// Name of the application.
    pub application: String,
    /// Name of the user.
    pub username: String,
    /// When, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub timestamp: String,
}

/// Resources of a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitResources {
    /// Tag of the entity.
    pub tag: String,
    /// The resources.
    #[serde(with = "crate::go::nil")]
    pub resources: Vec<Resource>,
    /// Bytes that the unit has, by resource.
    #[serde(with = "crate::go::nil")]
    pub download_progress: BTreeMap<String, i64>,
}
