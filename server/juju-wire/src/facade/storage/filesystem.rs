//! Filesystems as they are listed.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::facade::client::storage::FilesystemDetails;
use crate::method::null_is_empty;

/// What `Storage.ListFilesystems` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemFilters {
    /// What to look for; any of them is enough.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub filters: Vec<FilesystemFilter>,
}

/// What `Storage.ListFilesystems` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemDetailsListResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<FilesystemDetailsListResult>,
}

/// Filesystems of which machines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemFilter {
    /// The machines.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub machines: Vec<String>,
}

/// One item of what `Storage.ListFilesystems` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemDetailsListResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub result: Vec<FilesystemDetails>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
