//! Storage, filesystems and volumes in `FullStatus`, as in facade `Storage`.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::entity::Life;
use crate::facade::client::entity_status::EntityStatus;
use crate::go::is_default;
use crate::method::null_is_empty;

/// An instance of storage.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageInstance {
    /// `storage-<name>-<number>`.
    pub storage_tag: String,
    pub owner_tag: String,
    pub kind: i64,
    pub status: EntityStatus,
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
    pub persistent: bool,
    /// The attachments, by unit tag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub attachments: BTreeMap<String, StorageAttachmentDetails>,
}

/// A filesystem with its attachments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemDetails {
    /// `filesystem-<number>`.
    pub filesystem_tag: String,
    /// `volume-<number>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub volume_tag: String,
    pub info: FilesystemInfo,
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
    pub status: EntityStatus,
    /// Attachments by machine tag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub machine_attachments: BTreeMap<String, FilesystemAttachmentDetails>,
    /// Attachments by unit tag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub unit_attachments: BTreeMap<String, FilesystemAttachmentDetails>,
    /// Storage, by the charm's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageInstance>,
}

/// A volume with its attachments.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeDetails {
    /// `volume-<number>`.
    pub volume_tag: String,
    pub info: VolumeInfo,
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
    pub status: EntityStatus,
    /// Attachments by machine tag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub machine_attachments: BTreeMap<String, VolumeAttachmentDetails>,
    /// Attachments by unit tag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub unit_attachments: BTreeMap<String, VolumeAttachmentDetails>,
    /// Storage, by the charm's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<StorageInstance>,
}

/// Storage attached to a unit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct StorageAttachmentDetails {
    /// `storage-<name>-<number>`.
    pub storage_tag: String,
    /// `unit-<application>-<number>`.
    pub unit_tag: String,
    /// `machine-<id>`.
    pub machine_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
}

/// The cloud's description of a filesystem.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemInfo {
    pub filesystem_id: String,
    pub pool: String,
    /// Size in MiB.
    pub size: u64,
}

/// Where a filesystem is attached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemAttachmentDetails {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mount_point: String,
    /// Whether it can only be read.
    #[serde(skip_serializing_if = "is_default")]
    pub read_only: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
}

/// The cloud's description of a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeInfo {
    pub volume_id: String,
    /// Id of the disk itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hardware_id: String,
    /// World-wide name of the disk.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub wwn: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pool: String,
    /// Size in MiB.
    pub size: u64,
    pub persistent: bool,
}

/// Where a volume is attached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeAttachmentDetails {
    /// Name of the device, `sdb`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub device_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub device_link: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub bus_address: String,
    /// Whether it can only be read.
    #[serde(skip_serializing_if = "is_default")]
    pub read_only: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_info: Option<VolumeAttachmentPlanInfo>,
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
}

/// How a machine attaches a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeAttachmentPlanInfo {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub device_type: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub device_attributes: BTreeMap<String, String>,
}
