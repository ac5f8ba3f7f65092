//! Facade `Resources`: files and images that charms need.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    pub tag: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    pub charm_origin: CharmOrigin,
    pub macaroon: Option<Value>,
    #[serde(with = "crate::go::nil")]
    pub resources: Vec<CharmResource>,
}

/// What `Resources.AddPendingResources` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddPendingResourcesResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(with = "crate::go::nil")]
    pub pending_ids: Vec<String>,
}

/// What `Resources.ListResources` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResourcesResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ResourcesResult>,
}

/// A resource of a charm.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmResource {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub origin: String,
    pub revision: i64,
    /// SHA-384 of the content, base64.
    pub fingerprint: String,
    pub size: i64,
}

/// One item of what `Resources.ListResources` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResourcesResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(with = "crate::go::nil")]
    pub resources: Vec<Resource>,
    /// Resources as the store has them; none beside an error.
    pub charm_store_resources: Option<Vec<CharmResource>>,
    #[serde(with = "crate::go::nil")]
    pub unit_resources: Vec<UnitResources>,
}

/// A resource of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Resource {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub origin: String,
    pub revision: i64,
    /// SHA-384 of the content, base64.
    pub fingerprint: String,
    pub size: i64,
    pub id: String,
    pub pending_id: String,
    pub application: String,
    pub username: String,
    /// When, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub timestamp: String,
}

/// Resources of a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitResources {
    pub tag: String,
    #[serde(with = "crate::go::nil")]
    pub resources: Vec<Resource>,
    /// Bytes that the unit has, by resource.
    #[serde(with = "crate::go::nil")]
    pub download_progress: BTreeMap<String, i64>,
}
