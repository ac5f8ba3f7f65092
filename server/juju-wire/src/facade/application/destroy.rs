//! Removing applications and units, and what goes with them.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Entity;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Application.DestroyApplication` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationsParams {
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<DestroyApplicationParams>,
}

/// What `Application.DestroyApplication` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<DestroyApplicationResult>,
}

/// What `Application.DestroyUnit` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitsParams {
    #[serde(with = "crate::go::nil")]
    pub units: Vec<DestroyUnitParams>,
}

/// What `Application.DestroyUnit` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<DestroyUnitResult>,
}

/// An application that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationParams {
    /// `application-<name>`.
    pub application_tag: String,
    #[serde(skip_serializing_if = "is_default")]
    pub destroy_storage: bool,
    pub force: bool,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
    /// Whether only to say what would be done.
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
}

/// One item of what `Application.DestroyApplication` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<DestroyApplicationInfo>,
}

/// A unit that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitParams {
    /// `unit-<application>-<number>`.
    pub unit_tag: String,
    #[serde(skip_serializing_if = "is_default")]
    pub destroy_storage: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
    /// Whether only to say what would be done.
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
}

/// One item of what `Application.DestroyUnit` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<DestroyUnitInfo>,
}

/// What goes with an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationInfo {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub detached_storage: Vec<Entity>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_storage: Vec<Entity>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_units: Vec<Entity>,
}

/// What goes with a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitInfo {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub detached_storage: Vec<Entity>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_storage: Vec<Entity>,
}
