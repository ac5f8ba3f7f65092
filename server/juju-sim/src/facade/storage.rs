//! Facade `Storage`: pools; charms of the simulated store ask for no storage, so there are no instances.

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    facade::storage::{
        CreatePool, ListFilesystems, ListPools, ListStorageDetails, ListVolumes, RemovePool, StorageDetails,
        UpdatePool,
        filesystem::{FilesystemDetailsListResult, FilesystemDetailsListResults},
        instance::{StorageDetailsListResult, StorageDetailsListResults, StorageDetailsResult, StorageDetailsResults},
        pool::{
            StoragePool, StoragePoolArgs, StoragePoolDeleteArgs, StoragePoolFilters, StoragePoolsResult,
            StoragePoolsResults,
        },
        volume::{VolumeDetailsListResult, VolumeDetailsListResults},
    },
    tag::Tag,
};

use crate::{
    methods::{Call, Methods},
    state::{Model, ModelAccess},
};

/// Kinds of storage that every machine has; each is a pool of its own name.
const PROVIDERS: [&str; 3] = ["loop", "rootfs", "tmpfs"];

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListStorageDetails>(|call, params| {
        call.require(ModelAccess::Read)?;
        let results = params.filters.iter().map(|_| StorageDetailsListResult::default()).collect();
        Ok(StorageDetailsListResults { results })
    });
    methods.on::<ListFilesystems>(|call, params| {
        call.require(ModelAccess::Read)?;
        let results = params.filters.iter().map(|_| FilesystemDetailsListResult::default()).collect();
        Ok(FilesystemDetailsListResults { results })
    });
    methods.on::<ListVolumes>(|call, params| {
        call.require(ModelAccess::Read)?;
        let results = params.filters.iter().map(|_| VolumeDetailsListResult::default()).collect();
        Ok(VolumeDetailsListResults { results })
    });
    methods.on::<StorageDetails>(|call, params| {
        call.require(ModelAccess::Read)?;
        let missing = |tag: &str| {
            let id = Tag::parse_id("storage", tag).unwrap_or_else(|_| tag.to_owned());
            StorageDetailsResult {
                error: Some(RemoteError::not_found(format!("storage instance \"{id}\""))),
                result: None,
            }
        };
        Ok(StorageDetailsResults { results: params.entities.iter().map(|entity| missing(&entity.tag)).collect() })
    });
    methods.on::<ListPools>(list);
    methods.on::<CreatePool>(create);
    methods.on::<UpdatePool>(update);
    methods.on::<RemovePool>(remove);
}

fn change<T>(call: &Call, change: impl FnOnce(&mut Model) -> T) -> Result<T, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    call.write(|state| state.models.get_mut(uuid).map(change)).ok_or_else(|| RemoteError::not_found("model"))
}

fn list(call: &Call, params: StoragePoolFilters) -> Result<StoragePoolsResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let made = model.pools.values().cloned();
        let given = PROVIDERS.map(|name| StoragePool { name: name.to_owned(), provider: name.to_owned(), attrs: None });
        let pools: Vec<_> = made.chain(given).collect();
        let results = params.filters.iter().map(|filter| {
            let wanted = |pool: &&StoragePool| {
                (filter.names.is_empty() || filter.names.contains(&pool.name))
                    && (filter.providers.is_empty() || filter.providers.contains(&pool.provider))
            };
            StoragePoolsResult { storage_pools: pools.iter().filter(wanted).cloned().collect(), error: None }
        });
        Ok(StoragePoolsResults { results: results.collect() })
    })
}

fn create(call: &Call, params: StoragePoolArgs) -> Result<ErrorResults, RemoteError> {
    change(call, |model| {
        let results = params.pools.into_iter().map(|pool| {
            ErrorResult::of(if !PROVIDERS.contains(&pool.provider.as_str()) {
                Err(RemoteError::not_found(format!("storage provider \"{}\"", pool.provider)))
            } else if model.pools.contains_key(&pool.name) {
                Err(RemoteError::plain(format!("creating pool \"{}\": cannot overwrite existing settings", pool.name)))
            } else {
                model
                    .pools
                    .insert(pool.name.clone(), StoragePool { attrs: Some(pool.attrs.unwrap_or_default()), ..pool });
                Ok(())
            })
        });
        ErrorResults { results: results.collect() }
    })
}

fn update(call: &Call, params: StoragePoolArgs) -> Result<ErrorResults, RemoteError> {
    change(call, |model| {
        let results = params.pools.into_iter().map(|pool| {
            ErrorResult::of(match model.pools.get_mut(&pool.name) {
                Some(known) => {
                    known.attrs = Some(pool.attrs.unwrap_or_default());
                    Ok(())
                }
                None => Err(RemoteError::not_found(format!("storage pool \"{}\"", pool.name))),
            })
        });
        ErrorResults { results: results.collect() }
    })
}

fn remove(call: &Call, params: StoragePoolDeleteArgs) -> Result<ErrorResults, RemoteError> {
    change(call, |model| {
        let results = params.pools.into_iter().map(|pool| {
            let missing = || RemoteError::not_found(format!("storage pool \"{}\"", pool.name));
            ErrorResult::of(model.pools.remove(&pool.name).map(|_| ()).ok_or_else(missing))
        });
        ErrorResults { results: results.collect() }
    })
}
