//! Looking charms up in the store and bringing them into the model.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    pub charm_origin: CharmOrigin,
    pub force: bool,
}

/// What `Charms.AddCharm` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmOriginResult {
    pub charm_origin: CharmOrigin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// What `Charms.CheckCharmPlacement` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationCharmPlacements {
    #[serde(with = "crate::go::nil")]
    pub placements: Vec<ApplicationCharmPlacement>,
}

/// What `Charms.GetDownloadInfos` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmURLAndOrigins {
    #[serde(with = "crate::go::nil")]
    pub entities: Vec<CharmURLAndOrigin>,
}

/// What `Charms.GetDownloadInfos` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DownloadInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<DownloadInfoResult>,
}

/// What `Charms.ListCharmResources` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmResourcesResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<Vec<CharmResourceResult>>,
}

/// What `Charms.ResolveCharms` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmsWithChannel {
    #[serde(with = "crate::go::nil")]
    pub resolve: Vec<ResolveCharmWithChannel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macaroon: Option<Value>,
}

/// What `Charms.ResolveCharms` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmWithChannelResults {
    #[serde(rename = "Results", deserialize_with = "null_is_empty")]
    pub results: Vec<ResolveCharmWithChannelResult>,
}

/// An application and the charm that it is to get.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationCharmPlacement {
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
    pub charm_origin: CharmOrigin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub macaroon: Option<Value>,
}

/// One item of what `Charms.GetDownloadInfos` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DownloadInfoResult {
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    pub charm_origin: CharmOrigin,
}

/// A resource of a charm as the store has it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmResourceResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
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
    /// Size in MiB.
    pub size: i64,
}

/// A charm that is to be looked up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmWithChannel {
    /// URL that is looked for, `ch:web`.
    pub reference: String,
    pub charm_origin: CharmOrigin,
    #[serde(skip_serializing_if = "is_default")]
    pub switch_charm: bool,
}

/// One item of what `Charms.ResolveCharms` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ResolveCharmWithChannelResult {
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    pub charm_origin: CharmOrigin,
    #[serde(with = "crate::go::nil")]
    pub supported_bases: Vec<Base>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
