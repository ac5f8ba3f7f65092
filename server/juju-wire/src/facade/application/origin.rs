//! Where a charm comes from, and the endpoints that it has.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::constraints::Base;

/// What `Application.CharmRelations` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationCharmRelations {
    pub application: String,
}

/// What `Application.CharmRelations` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationCharmRelationsResults {
    #[serde(with = "crate::go::nil")]
    pub charm_relations: Vec<String>,
}

/// What `Application.GetCharmURLOrigin` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmURLOriginResult {
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub url: String,
    pub charm_origin: CharmOrigin,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// An endpoint as the charm describes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmRelation {
    pub name: String,
    /// Role in the relation: `provider`, `requirer`, `peer`.
    pub role: String,
    pub interface: String,
    /// Whether it may stay without a relation.
    pub optional: bool,
    /// How many at most; 0 means no limit.
    pub limit: i64,
    /// `global` or `container`.
    pub scope: String,
}

/// Where a charm comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmOrigin {
    pub source: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
    /// SHA-256 of the charm, hexadecimal.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hash: String,
    /// Risk, `stable`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub risk: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Track, `14`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Architecture, `amd64`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub architecture: String,
    pub base: Base,
    /// Random name of this deployment, for the store.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub instance_key: String,
}
