//! Removing applications and units, and what goes with them.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Entity;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Application.DestroyApplication` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationsParams {
    /// The applications.
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<DestroyApplicationParams>,
}

/// What `Application.DestroyApplication` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<DestroyApplicationResult>,
}

/// What `Application.DestroyUnit` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitsParams {
    /// The units.
    #[serde(with = "crate::go::nil")]
    pub units: Vec<DestroyUnitParams>,
}

/// What `Application.DestroyUnit` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<DestroyUnitResult>,
}

/// An application that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationParams {
    /// `application-<name>`.
    pub application_tag: String,
    /// Whether to destroy storage too.
    #[serde(skip_serializing_if = "is_default")]
    pub destroy_storage: bool,
    /// Whether to go on despite errors.
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
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<DestroyApplicationInfo>,
}

/// A unit that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitParams {
    /// `unit-<application>-<number>`.
    pub unit_tag: String,
    /// Whether to destroy storage too.
    #[serde(skip_serializing_if = "is_default")]
    pub destroy_storage: bool,
    /// Whether to go on despite errors.
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
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<DestroyUnitInfo>,
}

/// What goes with an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyApplicationInfo {
    /// Storage that is kept.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub detached_storage: Vec<Entity>,
    /// Storage that is destroyed.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_storage: Vec<Entity>,
    /// Units that go.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_units: Vec<Entity>,
}

/// What goes with a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyUnitInfo {
    /// Storage that is kept.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub detached_storage: Vec<Entity>,
    /// Storage that is destroyed.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub destroyed_storage: Vec<Entity>,
}
