//! Facade `Storage`: storage of units.

pub mod filesystem;
pub mod instance;
pub mod pool;
pub mod volume;

use crate::code::ErrorResults;
use crate::entity::Entities;
use crate::facade::storage::filesystem::{FilesystemDetailsListResults, FilesystemFilters};
use crate::facade::storage::instance::{
    AddStorageResults, BulkImportStorageParamsV2, ImportStorageResults, RemoveStorage, StorageAttachmentIds,
    StorageDetachmentParams, StorageDetailsListResults, StorageDetailsResults, StorageFilters, StoragesAddParams,
};
use crate::facade::storage::pool::{StoragePoolArgs, StoragePoolDeleteArgs, StoragePoolFilters, StoragePoolsResults};
use crate::facade::storage::volume::{VolumeDetailsListResults, VolumeFilters};

crate::methods! { Storage {
    /// Adds storage to units.
    AddToUnit(write): StoragesAddParams => AddStorageResults,
    /// Attaches storage to units.
    Attach(write): StorageAttachmentIds => ErrorResults,
    /// Makes pools.
    CreatePool(write): StoragePoolArgs => ErrorResults,
    /// Detaches storage from units.
    DetachStorage(write): StorageDetachmentParams => ErrorResults,
    /// Takes storage of the cloud over.
    Import(write): BulkImportStorageParamsV2 => ImportStorageResults,
    /// Filesystems.
    ListFilesystems(read): FilesystemFilters => FilesystemDetailsListResults,
    /// Pools.
    ListPools(read): StoragePoolFilters => StoragePoolsResults,
    /// Storage of the model.
    ListStorageDetails(read): StorageFilters => StorageDetailsListResults,
    /// Volumes.
    ListVolumes(read): VolumeFilters => VolumeDetailsListResults,
    /// Removes storage.
    Remove(write): RemoveStorage => ErrorResults,
    /// Removes pools.
    RemovePool(write): StoragePoolDeleteArgs => ErrorResults,
    /// Storage by its tags.
    StorageDetails(read): Entities => StorageDetailsResults,
    /// Changes pools.
    UpdatePool(write): StoragePoolArgs => ErrorResults,
} }
