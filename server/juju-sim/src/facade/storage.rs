//! Facade `Storage`: instances that units have, the filesystems and volumes behind them, and pools.

mod change;
mod pool;

use juju_wire::{
    RemoteError,
    entity::{Entities, Life},
    facade::{
        client::{
            entity_status::EntityStatus,
            storage::{
                FilesystemAttachmentDetails, FilesystemDetails, FilesystemInfo, StorageAttachmentDetails,
                StorageInstance, VolumeAttachmentDetails, VolumeDetails, VolumeInfo,
            },
        },
        model_manager::size::ModelFilesystemInfo,
        storage::{
            ListFilesystems, ListStorageDetails, ListVolumes, StorageDetails,
            filesystem::{FilesystemDetailsListResult, FilesystemDetailsListResults, FilesystemFilter},
            instance::{
                StorageDetailsListResult, StorageDetailsListResults, StorageDetailsResult, StorageDetailsResults,
            },
            volume::{VolumeDetailsListResult, VolumeDetailsListResults, VolumeFilter},
        },
    },
    tag::Tag,
};

use crate::{
    call::Call,
    go_time::format_time,
    methods::Methods,
    state::{Kind, Model, Storage},
};

pub(super) use pool::providers;

pub(super) fn register(methods: &mut Methods) {
    change::register(methods);
    pool::register(methods);
    methods.on::<ListStorageDetails>(|call, params| {
        let (found, problem) = read_model(call, |model| (instances(model), check_described(model).err()))?;
        let result = |_| match &problem {
            None => StorageDetailsListResult { result: found.clone(), error: None },
            Some(error) => StorageDetailsListResult { result: Vec::new(), error: Some(error.clone()) },
        };
        Ok(StorageDetailsListResults { results: params.filters.iter().map(result).collect() })
    });
    methods.on::<ListFilesystems>(|call, params| {
        let found = read_model(call, filesystems)?;
        let result = |filter: &FilesystemFilter| {
            let wanted = |one: &&FilesystemDetails| is_on(one.machine_attachments.keys(), &filter.machines);
            FilesystemDetailsListResult { result: found.iter().filter(wanted).cloned().collect(), error: None }
        };
        Ok(FilesystemDetailsListResults { results: params.filters.iter().map(result).collect() })
    });
    methods.on::<ListVolumes>(|call, params| {
        let found = read_model(call, volumes)?;
        let result = |filter: &VolumeFilter| {
            let wanted = |one: &&VolumeDetails| is_on(one.machine_attachments.keys(), &filter.machines);
            VolumeDetailsListResult { result: found.iter().filter(wanted).cloned().collect(), error: None }
        };
        Ok(VolumeDetailsListResults { results: params.filters.iter().map(result).collect() })
    });
    methods.on::<StorageDetails>(details);
}

/// Whether something is attached to one of these machines, or no machine is named.
fn is_on<'a>(mut attached: impl Iterator<Item = &'a String>, machines: &[String]) -> bool {
    machines.is_empty() || attached.any(|machine| machines.contains(machine))
}

/// The error of the real server, which describes all storage instances or none.
pub(super) fn check_described(model: &Model) -> Result<(), RemoteError> {
    let Some(lost) = model.storage.values().find(|storage| storage.lost) else { return Ok(()) };
    let (id, kind) = (lost.id(), if lost.block { "volume" } else { "filesystem" });
    let problem = RemoteError::not_found(format!("{kind} for storage instance \"{id}\""));
    Err(RemoteError { message: format!("getting details for storage {id}: {problem}"), ..problem })
}

fn read_model<T>(call: &Call, read: impl FnOnce(&Model) -> T) -> Result<T, RemoteError> {
    call.read_model(|model| Ok(read(model)))
}

fn details(call: &Call, params: Entities) -> Result<StorageDetailsResults, RemoteError> {
    read_model(call, |model| {
        let one = |tag: &str| {
            let id = Tag::parse_id("storage", tag)?;
            let found = model.storage.values().find(|storage| storage.id() == id);
            let missing = || RemoteError::not_found(format!("storage instance \"{id}\""));
            found.map(|storage| instance(model, storage)).ok_or_else(missing)
        };
        let results = params.entities.iter().map(|entity| match one(&entity.tag) {
            Ok(result) => StorageDetailsResult { result: Some(result), error: None },
            Err(error) => StorageDetailsResult { result: None, error: Some(error) },
        });
        StorageDetailsResults { results: results.collect() }
    })
}

/// Whether storage is there yet: not before the unit's agent has run.
fn attached(model: &Model, storage: &Storage) -> bool {
    let unit = storage.unit.as_deref().and_then(|unit| model.unit(unit).ok());
    unit.is_some_and(|unit| unit.agent.status != "allocating")
}

fn status(model: &Model, storage: &Storage) -> EntityStatus {
    if let Some((status, info)) = storage.status.clone() {
        return EntityStatus { status, info, since: Some(format_time(storage.since)), ..EntityStatus::default() };
    }
    let status = match (&storage.unit, attached(model, storage)) {
        (None, _) => "detached",
        (Some(_), true) => "attached",
        (Some(_), false) => "pending",
    };
    EntityStatus { status: status.to_owned(), since: Some(format_time(storage.since)), ..EntityStatus::default() }
}

fn machine<'a>(model: &'a Model, storage: &Storage) -> Option<&'a str> {
    model.unit(storage.unit.as_deref()?).ok()?.machine.as_deref()
}

/// The number of a filesystem or volume: one on a machine is counted there.
fn disk(model: &Model, storage: &Storage) -> String {
    match machine(model, storage) {
        Some(machine) => format!("{machine}/{}", storage.number),
        None => storage.number.to_string(),
    }
}

/// The filesystems in the size of a model: those of machines.
pub(super) fn on_machines(model: &Model) -> Vec<ModelFilesystemInfo> {
    let own = model.storage.values().filter(|storage| model.kind == Kind::Iaas && !storage.block);
    let listed = own.map(|storage| ModelFilesystemInfo {
        id: disk(model, storage),
        provider_id: format!("sim-{}", disk(model, storage)),
        status: status(model, storage).status,
        ..ModelFilesystemInfo::default()
    });
    listed.collect()
}

fn mounted(model: &Model, storage: &Storage) -> String {
    format!("/mnt/{}", disk(model, storage))
}

fn instance(model: &Model, storage: &Storage) -> StorageInstance {
    let tag = Tag::new("storage", storage.id()).to_string();
    let unit = storage.unit.as_deref().map(|unit| Tag::new("unit", unit).to_string());
    let machine = machine(model, storage);
    let attachment = unit.as_ref().map(|unit| StorageAttachmentDetails {
        storage_tag: tag.clone(),
        unit_tag: unit.clone(),
        machine_tag: machine.map(|id| Tag::new("machine", id).to_string()).unwrap_or_default(),
        location: machine.filter(|_| attached(model, storage)).map(|_| mounted(model, storage)).unwrap_or_default(),
        life: Life::Alive,
    });
    StorageInstance {
        storage_tag: tag,
        owner_tag: unit.clone().unwrap_or_default(),
        kind: if storage.block { 1 } else { 2 },
        status: status(model, storage),
        life: Life::Alive,
        persistent: false,
        attachments: unit.into_iter().zip(attachment).collect(),
    }
}

/// Instances of storage.
pub(super) fn instances(model: &Model) -> Vec<StorageInstance> {
    model.storage.values().map(|storage| instance(model, storage)).collect()
}

/// Filesystems behind the instances.
pub(super) fn filesystems(model: &Model) -> Vec<FilesystemDetails> {
    let one = |storage: &Storage| {
        let attachment = FilesystemAttachmentDetails {
            mount_point: mounted(model, storage),
            life: Life::Alive,
            ..FilesystemAttachmentDetails::default()
        };
        let tag = |kind: &str, id: &str| (Tag::new(kind, id).to_string(), attachment.clone());
        let cluster = model.kind == Kind::Caas;
        FilesystemDetails {
            filesystem_tag: Tag::new("filesystem", disk(model, storage)).to_string(),
            volume_tag: if cluster { Tag::new("volume", disk(model, storage)).to_string() } else { String::new() },
            info: FilesystemInfo {
                filesystem_id: format!("sim-{}", disk(model, storage)),
                pool: storage.pool.clone(),
                size: storage.size,
            },
            life: Life::Alive,
            status: status(model, storage),
            machine_attachments: machine(model, storage).map(|id| tag("machine", id)).into_iter().collect(),
            unit_attachments: storage.unit.iter().filter(|_| cluster).map(|unit| tag("unit", unit)).collect(),
            storage: Some(instance(model, storage)),
        }
    };
    model.storage.values().filter(|storage| !storage.block).map(one).collect()
}

/// Volumes behind the instances: block storage, and all that a cluster gives.
pub(super) fn volumes(model: &Model) -> Vec<VolumeDetails> {
    let one = |storage: &Storage| {
        let attachment = VolumeAttachmentDetails {
            device_name: format!("sd{}", char::from(b'c' + u8::try_from(storage.number % 20).unwrap_or_default())),
            life: Life::Alive,
            ..VolumeAttachmentDetails::default()
        };
        let tag = |kind: &str, id: &str| (Tag::new(kind, id).to_string(), attachment.clone());
        let cluster = model.kind == Kind::Caas;
        VolumeDetails {
            volume_tag: Tag::new("volume", disk(model, storage)).to_string(),
            info: VolumeInfo {
                volume_id: format!("pvc-{}", disk(model, storage)),
                pool: storage.pool.clone(),
                size: storage.size,
                persistent: cluster,
                ..VolumeInfo::default()
            },
            life: Life::Alive,
            status: status(model, storage),
            machine_attachments: machine(model, storage).map(|id| tag("machine", id)).into_iter().collect(),
            unit_attachments: storage.unit.iter().filter(|_| cluster).map(|unit| tag("unit", unit)).collect(),
            storage: Some(instance(model, storage)),
        }
    };
    model.storage.values().filter(|storage| storage.block || model.kind == Kind::Caas).map(one).collect()
}
