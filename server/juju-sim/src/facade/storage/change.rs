//! Attaching, detaching and removing storage; charms of the simulated store have one of each kind, which stays with its unit.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    facade::storage::{
        AddToUnit, Attach, DetachStorage, Import, Remove,
        instance::{
            AddStorageResult, AddStorageResults, BulkImportStorageParamsV2, ImportStorageDetails,
            ImportStorageParamsV2, ImportStorageResult, ImportStorageResults, RemoveStorage, RemoveStorageInstance,
            StorageAddParams, StorageAttachmentId, StorageAttachmentIds, StorageDetachmentParams, StoragesAddParams,
        },
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{Model, Storage},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddToUnit>(add);
    methods.on::<Attach>(attach);
    methods.on::<DetachStorage>(detach);
    methods.on::<Remove>(remove);
    methods.on::<Import>(import);
}

fn id(kind: &str, tag: &str) -> Result<String, RemoteError> {
    Tag::parse_id(kind, tag).map_err(RemoteError::from)
}

/// Number of the storage of this id.
fn number(model: &Model, id: &str) -> Result<u32, RemoteError> {
    let found = model.storage.values().find(|storage| storage.id() == id);
    found.map(|storage| storage.number).ok_or_else(|| RemoteError::not_found(format!("storage instance \"{id}\"")))
}

/// The error with what could not be done before it.
fn about(what: &str) -> impl Fn(RemoteError) -> RemoteError {
    move |error| RemoteError { message: format!("{what}: {}", error.message), ..error }
}

fn add(call: &Call, params: StoragesAddParams) -> Result<AddStorageResults, RemoteError> {
    let one = |args: &StorageAddParams| -> Result<(), RemoteError> {
        let unit = id("unit", &args.unit)?;
        call.write_model(|model| {
            let application = model.unit(&unit)?.application.clone();
            let charm = &model.application(&application)?.charm;
            let why = if charm.storage.contains_key(&args.name) {
                "cannot attach, storage is singular".to_owned()
            } else {
                format!("charm storage \"{}\" not found", args.name)
            };
            Err(RemoteError::plain(format!("adding \"{}\" storage to {unit}: {why}", args.name)))
        })
    };
    let results = params.storages.iter().map(|args| AddStorageResult { result: None, error: one(args).err() });
    Ok(AddStorageResults { results: results.collect() })
}

/// Filesystems of the simulated cloud have ids that begin with `vol-`.
fn import(call: &Call, params: BulkImportStorageParamsV2) -> Result<ImportStorageResults, RemoteError> {
    let one = |args: &ImportStorageParamsV2| {
        call.write_model(|model| {
            if !model.pools.contains_key(&args.pool) && super::providers(model).all(|known| known != args.pool) {
                return Err(RemoteError::not_found(format!("pool \"{}\"", args.pool)));
            }
            if !args.provider_id.starts_with("vol-") {
                return Err(RemoteError::not_found(format!("importing volume: volume \"{}\"", args.provider_id)));
            }
            let number = model.next_storage;
            model.next_storage += 1;
            let storage = Storage {
                name: args.storage_name.clone(),
                number,
                unit: None,
                block: false,
                pool: args.pool.clone(),
                size: 1024,
                since: chrono::Utc::now(),
                lost: false,
                status: None,
            };
            let storage_tag = Tag::new("storage", storage.id()).to_string();
            model.storage.insert(number, storage);
            Ok(ImportStorageDetails { storage_tag })
        })
    };
    let results = params.storage.iter().map(|args| match one(args) {
        Ok(details) => ImportStorageResult { result: Some(details), error: None },
        Err(error) => ImportStorageResult { result: None, error: Some(error) },
    });
    Ok(ImportStorageResults { results: results.collect() })
}

fn attach(call: &Call, params: StorageAttachmentIds) -> Result<ErrorResults, RemoteError> {
    let one = |args: &StorageAttachmentId| {
        let (unit, storage) = (id("unit", &args.unit_tag)?, id("storage", &args.storage_tag)?);
        call.write_model(|model| {
            let what = format!("cannot attach storage {storage} to unit {unit}");
            model.unit(&unit)?;
            let number = number(model, &storage).map_err(about(&what))?;
            let other = model.storage_of(&unit).any(|held| held.number != number);
            let Some(storage) = model.storage.get_mut(&number) else { return Ok(()) };
            match &storage.unit {
                Some(holder) if *holder == unit => Ok(()),
                Some(holder) => {
                    let holder = holder.clone();
                    Err(RemoteError::plain(format!("{what}: storage is attached to unit {holder}")))
                }
                None if other => Err(RemoteError::plain(format!("{what}: cannot attach, storage is singular"))),
                None => {
                    storage.unit = Some(unit.clone());
                    Ok(())
                }
            }
        })
    };
    Ok(ErrorResults { results: params.ids.iter().map(one).map(ErrorResult::of).collect() })
}

fn detach(call: &Call, params: StorageDetachmentParams) -> Result<ErrorResults, RemoteError> {
    let one = |args: &StorageAttachmentId| {
        let storage = id("storage", &args.storage_tag)?;
        call.write_model(|model| {
            let number = number(model, &storage)?;
            let held = model.storage.get(&number).and_then(|storage| storage.unit.clone());
            held.map_or(Ok(()), |unit| {
                let message =
                    format!("cannot destroy storage attachment {storage}:{unit}: cannot detach, storage is singular");
                Err(RemoteError::plain(message))
            })
        })
    };
    Ok(ErrorResults { results: params.ids.ids.iter().map(one).map(ErrorResult::of).collect() })
}

fn remove(call: &Call, params: RemoveStorage) -> Result<ErrorResults, RemoteError> {
    let one = |args: &RemoveStorageInstance| {
        let storage = id("storage", &args.tag)?;
        call.write_model(|model| {
            let verb = if args.destroy_storage { "destroy" } else { "release" };
            let what = format!("cannot {verb} storage \"{storage}\"");
            let number = number(model, &storage).map_err(about(&what))?;
            let attached = model.storage.get(&number).is_some_and(|storage| storage.unit.is_some());
            if attached && !args.destroy_attachments {
                return Err(RemoteError::new(Code::StorageAttached, format!("{what}: storage is attached")));
            }
            model.storage.remove(&number);
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.storage.iter().map(one).map(ErrorResult::of).collect() })
}
