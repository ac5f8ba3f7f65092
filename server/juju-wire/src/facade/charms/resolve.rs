//! Looking charms up in the store and bringing them into the model.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::constraints::Base;
use crate::facade::application::origin::CharmOrigin;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Charms.AddCharm` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddCharmWithOrigin {
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    /// Where the charm came from.
    pub charm_origin: CharmOrigin,
    /// Whether to go on despite errors.
    pub force: bool,
}

/// What `Charms.AddCharm` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmOriginResult {
    /// Where the charm came from.
    pub charm_origin: CharmOrigin,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// What `Charms.CheckCharmPlacement` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationCharmPlacements {
    /// The placements.
    #[serde(with = "crate::go::nil")]
    pub placements: Vec<ApplicationCharmPlacement>,
}

/// What `Charms.GetDownloadInfos` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmURLAndOrigins {
    /// The entities.
    #[serde(with = "crate::go::nil")]
    pub entities: Vec<CharmURLAndOrigin>,
}

/// What `Charms.GetDownloadInfos` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DownloadInfoResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<DownloadInfoResult>,
}

/// What `Charms.ListCharmResources` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmResourcesResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<Vec<CharmResourceResult>>,
}

/// What `Charms.ResolveCharms` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmsWithChannel {
    /// The charms to look up.
    #[serde(with = "crate::go::nil")]
    pub resolve: Vec<ResolveCharmWithChannel>,
    /// Proof of the right to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macaroon: Option<Value>,
}

/// What `Charms.ResolveCharms` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmWithChannelResults {
    /// One for each item that was asked for, in order.
    #[serde(rename = "Results", deserialize_with = "null_is_empty")]
    pub results: Vec<ResolveCharmWithChannelResult>,
}

/// An application and the charm that it is to get.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationCharmPlacement {
    /// Name of the application.
    pub application: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
}

/// A charm with where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmURLAndOrigin {
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    /// Where the charm came from.
    pub charm_origin: CharmOrigin,
    /// Proof of the right to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macaroon: Option<Value>,
}

/// One item of what `Charms.GetDownloadInfos` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DownloadInfoResult {
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    /// Where the charm came from.
    pub charm_origin: CharmOrigin,
}

/// A resource of a charm as the store has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmResourceResult {
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
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
    /// Size in MiB.
    pub size: i64,
}

/// A charm that is to be looked up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmWithChannel {
    /// URL that is looked for, `ch:web`.
    pub reference: String,
    /// Where the charm came from.
    pub charm_origin: CharmOrigin,
    /// Whether the application changes to another charm.
    #[serde(skip_serializing_if = "is_default")]
    pub switch_charm: bool,
}

/// One item of what `Charms.ResolveCharms` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmWithChannelResult {
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    /// Where the charm came from.
    pub charm_origin: CharmOrigin,
    /// Bases that it runs on.
    #[serde(with = "crate::go::nil")]
    pub supported_bases: Vec<Base>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
