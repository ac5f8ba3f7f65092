//! Pools: kinds of storage with their settings.

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    facade::storage::{
        CreatePool, ListPools, RemovePool, UpdatePool,
        pool::{
            StoragePool, StoragePoolArgs, StoragePoolDeleteArgs, StoragePoolFilters, StoragePoolsResult,
            StoragePoolsResults,
        },
    },
};

use crate::{
    call::Call,
    methods::Methods,
    state::{Kind, Model, ModelAccess},
};

/// Kinds of storage that every machine has; each is a pool of its own name.
const PROVIDERS: &[&str] = &["loop", "rootfs", "tmpfs"];
/// The one kind of storage that a cluster has.
const IN_CLUSTERS: &[&str] = &["kubernetes"];

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListPools>(list);
    methods.on::<CreatePool>(create);
    methods.on::<UpdatePool>(update);
    methods.on::<RemovePool>(remove);
}

pub(in crate::facade) fn providers(model: &Model) -> impl Iterator<Item = &str> {
    let given = match model.kind {
        Kind::Iaas => PROVIDERS,
        Kind::Caas => IN_CLUSTERS,
    };
    given.iter().copied().chain(model.cloud.storage.iter().map(String::as_str))
}

fn write_model<T>(call: &Call, change: impl FnOnce(&mut Model) -> T) -> Result<T, RemoteError> {
    call.write_model(|model| Ok(change(model)))
}

fn list(call: &Call, params: StoragePoolFilters) -> Result<StoragePoolsResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let made = model.pools.values().cloned();
        let given =
            providers(model).map(|name| StoragePool { name: name.to_owned(), provider: name.to_owned(), attrs: None });
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
    write_model(call, |model| {
        let results = params.pools.into_iter().map(|pool| {
            ErrorResult::of(if !providers(model).any(|name| name == pool.provider) {
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
    write_model(call, |model| {
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
    write_model(call, |model| {
        let results = params.pools.into_iter().map(|pool| {
            let missing = || RemoteError::not_found(format!("storage pool \"{}\"", pool.name));
            ErrorResult::of(model.pools.remove(&pool.name).map(|_| ()).ok_or_else(missing))
        });
        ErrorResults { results: results.collect() }
    })
}
