//! Facade `Backups`: copies of the controller.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

crate::methods! { Backups {
    /// Makes a backup of the controller.
    Create(write): BackupsCreateArgs => BackupsMetadataResult,
} }

/// What `Backups.Create` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BackupsCreateArgs {
    pub notes: String,
    /// Whether the archive stays at the controller.
    pub no_download: bool,
}

/// What `Backups.Create` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BackupsMetadataResult {
    pub id: String,
    pub checksum: String,
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
    pub notes: String,
    pub model: String,
    pub machine: String,
    /// Name that the machine gave itself.
    pub hostname: String,
    pub version: String,
    pub base: String,
    pub filename: String,
    pub format_version: i64,
    pub controller_uuid: String,
    pub controller_machine_id: String,
    pub controller_machine_inst_id: String,
    /// How many controllers there were.
    pub ha_nodes: i64,
}
