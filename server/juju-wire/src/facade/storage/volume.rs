//! Volumes as they are listed.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::facade::client::storage::VolumeDetails;
use crate::method::null_is_empty;

/// What `Storage.ListVolumes` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeFilters {
    /// What to look for; any of them is enough.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub filters: Vec<VolumeFilter>,
}

/// What `Storage.ListVolumes` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeDetailsListResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<VolumeDetailsListResult>,
}

/// Volumes of which machines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeFilter {
    /// The machines.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub machines: Vec<String>,
}

/// One item of what `Storage.ListVolumes` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeDetailsListResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub result: Vec<VolumeDetails>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
