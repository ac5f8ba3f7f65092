//! Facade `Backups`: copies of the controller.

use serde::{Deserialize, Serialize};

crate::methods! { Backups {
    /// Makes a backup of the controller.
    Create(write): BackupsCreateArgs => BackupsMetadataResult,
} }

/// What `Backups.Create` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BackupsCreateArgs {
    /// Remarks.
    pub notes: String,
    /// Whether the archive stays at the controller.
    pub no_download: bool,
}

/// What `Backups.Create` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BackupsMetadataResult {
    /// Its id.
    pub id: String,
    /// Checksum of the content.
    pub checksum: String,
    /// Kind of checksum.
    pub checksum_format: String,
    /// Size in MiB.
    pub size: i64,
    /// When it was stored, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub stored: String,
    /// When it began, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub started: String,
    /// When it was finished, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub finished: String,
    /// Remarks.
    pub notes: String,
    /// The model.
    pub model: String,
    /// Id of the machine.
    pub machine: String,
    /// Name that the machine gave itself.
    pub hostname: String,
    /// Version of it.
    pub version: String,
    /// Operating system with its release.
    pub base: String,
    /// Path of the file.
    pub filename: String,
    /// Version of the format.
    pub format_version: i64,
    /// UUID of the controller.
    pub controller_uuid: String,
    /// Id of the controller's machine.
    pub controller_machine_id: String,
    /// Its instance at the cloud.
    pub controller_machine_inst_id: String,
    /// How many controllers there were.
    pub ha_nodes: i64,
}
