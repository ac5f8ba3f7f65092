//! Storage in the output of `juju status`.

use std::collections::BTreeMap;

use juju_wire::facade::client::{
    entity_status::EntityStatus,
    status::FullStatusResult,
    storage::{FilesystemDetails, StorageAttachmentDetails, StorageInstance, VolumeDetails},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{
    Filter,
    juju::render::{id, timestamp},
    text,
};

/// Storage, filesystems and volumes by their ids.
#[derive(Debug, Default, Serialize)]
pub struct Storage {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    storage: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    filesystems: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    volumes: BTreeMap<String, Value>,
}

impl Storage {
    pub(super) fn of(status: &FullStatusResult) -> Self {
        Self::from_lists(&status.storage, &status.filesystems, &status.volumes)
    }

    /// The same of what the facade `Storage` lists.
    pub(crate) fn from_lists(
        storage: &[StorageInstance],
        filesystems: &[FilesystemDetails],
        volumes: &[VolumeDetails],
    ) -> Self {
        Self {
            storage: storage.iter().map(|one| (id(&one.storage_tag), instance(one))).collect(),
            filesystems: filesystems.iter().map(|one| (id(&one.filesystem_tag), filesystem(one))).collect(),
            volumes: volumes.iter().map(|one| (id(&one.volume_tag), volume(one))).collect(),
        }
    }

    /// Drops what a filter does not select.
    pub(crate) fn retain(&mut self, filter: &Filter) {
        for all in [&mut self.storage, &mut self.filesystems, &mut self.volumes] {
            all.retain(|id, one| filter.selects(id, one));
        }
    }

    /// Rows for a reader: kind and id, status, size, pool, where it is attached.
    pub(crate) fn rows(&self) -> Vec<Vec<String>> {
        let kinds = [("storage", &self.storage), ("filesystem", &self.filesystems), ("volume", &self.volumes)];
        let row = |kind: &str, id: &String, one: &Value| {
            let text = |pointer: &str| one.pointer(pointer).map(text::cell).unwrap_or_default();
            let attachments = one["attachments"].as_object().into_iter().flatten();
            let hosts = attachments.filter_map(|(_, hosts)| hosts.as_object()).flat_map(serde_json::Map::keys);
            let hosts: Vec<_> = hosts.map(String::as_str).collect();
            let size = one["size"].as_u64().map(|size| format!("{size} MiB")).unwrap_or_default();
            let (status, message) = (text("/status/current"), text("/status/message"));
            vec![format!("{kind} {id}"), status, message, size, text("/pool"), text("/storage"), hosts.join(",")]
        };
        kinds.into_iter().flat_map(|(kind, all)| all.iter().map(move |(id, one)| row(kind, id, one))).collect()
    }
}

/// A storage instance by its id, as `juju show-storage` prints it.
pub(crate) fn shown(one: &StorageInstance) -> (String, Value) {
    (id(&one.storage_tag), instance(one))
}

impl Storage {
    /// Storage, filesystems and volumes in error, with their messages.
    pub(super) fn errors(&self) -> impl Iterator<Item = (String, String)> {
        let kinds = [("storage", &self.storage), ("filesystem", &self.filesystems), ("volume", &self.volumes)];
        let failed = |one: &Value| one["status"]["current"] == "error";
        kinds.into_iter().flat_map(move |(kind, all)| {
            all.iter().filter(move |(_, one)| failed(one)).map(move |(id, one)| {
                let message = one["status"]["message"].as_str().unwrap_or_default();
                (format!("{kind} {id}"), message.to_owned())
            })
        })
    }
}

/// The pairs with non-empty values.
fn filled(pairs: Vec<(&str, Value)>) -> Value {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    pairs
        .into_iter()
        .filter(|(_, value)| !empty(value))
        .map(|(name, value)| (name.to_owned(), value))
        .collect::<Map<_, _>>()
        .into()
}

fn state(status: &EntityStatus) -> Value {
    filled(vec![
        ("current", json!(status.status)),
        ("message", json!(status.info)),
        ("since", json!(timestamp(status.since.as_deref()))),
    ])
}

fn kind(number: i64) -> &'static str {
    match number {
        1 => "block",
        2 => "filesystem",
        _ => "unknown",
    }
}

fn units(attachments: &BTreeMap<String, StorageAttachmentDetails>) -> Map<String, Value> {
    let attachment = |one: &StorageAttachmentDetails| {
        filled(vec![
            ("machine", json!(if one.machine_tag.is_empty() { String::new() } else { id(&one.machine_tag) })),
            ("location", json!(one.location)),
            ("life", json!(one.life.as_str())),
        ])
    };
    attachments.iter().map(|(unit, one)| (id(unit), attachment(one))).collect()
}

fn instance(one: &StorageInstance) -> Value {
    let attached = units(&one.attachments);
    let attachments = if attached.is_empty() { Value::Null } else { json!({"units": attached}) };
    let mut value = filled(vec![("life", json!(one.life.as_str())), ("attachments", attachments)]);
    value["kind"] = json!(kind(one.kind));
    value["status"] = state(&one.status);
    value["persistent"] = json!(one.persistent);
    value
}

fn filesystem(one: &FilesystemDetails) -> Value {
    let mount = |(tag, one): (&String, &juju_wire::facade::client::storage::FilesystemAttachmentDetails)| {
        let mut value = filled(vec![("life", json!(one.life.as_str()))]);
        value["mount-point"] = json!(one.mount_point);
        value["read-only"] = json!(one.read_only);
        (id(tag), value)
    };
    let attachments = filled(vec![
        ("machines", one.machine_attachments.iter().map(mount).collect::<Map<_, _>>().into()),
        ("containers", one.unit_attachments.iter().map(mount).collect::<Map<_, _>>().into()),
        ("units", one.storage.as_ref().map(|storage| units(&storage.attachments)).unwrap_or_default().into()),
    ]);
    let mut value = filled(vec![
        ("provider-id", json!(one.info.filesystem_id)),
        ("volume", json!(if one.volume_tag.is_empty() { String::new() } else { id(&one.volume_tag) })),
        ("storage", one.storage.as_ref().map_or(Value::Null, |storage| json!(id(&storage.storage_tag)))),
        ("attachments", attachments),
        ("pool", json!(one.info.pool)),
        ("life", json!(one.life.as_str())),
    ]);
    value["size"] = json!(one.info.size);
    value["status"] = state(&one.status);
    value
}

fn volume(one: &VolumeDetails) -> Value {
    let device = |(tag, one): (&String, &juju_wire::facade::client::storage::VolumeAttachmentDetails)| {
        let mut value = filled(vec![
            ("device", json!(one.device_name)),
            ("device-link", json!(one.device_link)),
            ("bus-address", json!(one.bus_address)),
            ("life", json!(one.life.as_str())),
        ]);
        value["read-only"] = json!(one.read_only);
        (id(tag), value)
    };
    let attachments = filled(vec![
        ("machines", one.machine_attachments.iter().map(device).collect::<Map<_, _>>().into()),
        ("containers", one.unit_attachments.iter().map(device).collect::<Map<_, _>>().into()),
        ("units", one.storage.as_ref().map(|storage| units(&storage.attachments)).unwrap_or_default().into()),
    ]);
    let mut value = filled(vec![
        ("provider-id", json!(one.info.volume_id)),
        ("storage", one.storage.as_ref().map_or(Value::Null, |storage| json!(id(&storage.storage_tag)))),
        ("attachments", attachments),
        ("pool", json!(one.info.pool)),
        ("hardware-id", json!(one.info.hardware_id)),
        ("wwn", json!(one.info.wwn)),
        ("life", json!(one.life.as_str())),
    ]);
    value["size"] = json!(one.info.size);
    value["persistent"] = json!(one.info.persistent);
    value["status"] = state(&one.status);
    value
}
