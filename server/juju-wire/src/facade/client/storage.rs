//! Storage, filesystems and volumes in `FullStatus`, as in facade `Storage`.

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
    /// Tag of the owner.
    pub owner_tag: String,
    /// Its kind.
    pub kind: i64,
    /// Its status.
    pub status: EntityStatus,
    /// Whether it is alive, dying or dead.
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
    /// Whether it outlives the machine or unit.
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
    /// More about it.
    pub info: FilesystemInfo,
    /// Whether it is alive, dying or dead.
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
    /// Its status.
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
    /// More about it.
    pub info: VolumeInfo,
    /// Whether it is alive, dying or dead.
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
    /// Its status.
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
    /// Where it is mounted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// Whether it is alive, dying or dead.
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
}

/// What the cloud says of a filesystem.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemInfo {
    /// The cloud's id of the filesystem.
    pub filesystem_id: String,
    /// Name of the pool.
    pub pool: String,
    /// Size in MiB.
    pub size: u64,
}

/// Where a filesystem is attached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct FilesystemAttachmentDetails {
    /// Where it is mounted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub mount_point: String,
    /// Whether it can only be read.
    #[serde(skip_serializing_if = "is_default")]
    pub read_only: bool,
    /// Whether it is alive, dying or dead.
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
}

/// What the cloud says of a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeInfo {
    /// The cloud's id of the volume.
    pub volume_id: String,
    /// Id of the disk itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hardware_id: String,
    /// World-wide name of the disk.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub wwn: String,
    /// Name of the pool.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pool: String,
    /// Size in MiB.
    pub size: u64,
    /// Whether it outlives the machine or unit.
    pub persistent: bool,
}

/// Where a volume is attached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeAttachmentDetails {
    /// Name of the device, `sdb`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub device_name: String,
    /// Link to the device.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub device_link: String,
    /// Address on the bus.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub bus_address: String,
    /// Whether it can only be read.
    #[serde(skip_serializing_if = "is_default")]
    pub read_only: bool,
    /// How to attach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_info: Option<VolumeAttachmentPlanInfo>,
    /// Whether it is alive, dying or dead.
    #[serde(skip_serializing_if = "is_default")]
    pub life: Life,
}

/// How a machine attaches a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct VolumeAttachmentPlanInfo {
    /// Kind of device.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub device_type: String,
    /// Attributes of the device.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub device_attributes: BTreeMap<String, String>,
}
