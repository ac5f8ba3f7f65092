//! `juju storage`: storage of a model with its filesystems and volumes.

use std::sync::Arc;

use juju_client::Connection;
use juju_wire::{
    RemoteError,
    facade::{
        client::storage::{FilesystemDetails, StorageInstance, VolumeDetails},
        storage::{
            ListFilesystems, ListStorageDetails, ListVolumes,
            filesystem::{FilesystemFilter, FilesystemFilters},
            instance::{StorageFilter, StorageFilters},
            volume::{VolumeFilter, VolumeFilters},
        },
    },
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, entity,
    juju::{model::status::storage::Storage, render::bulk_single},
    target,
};

/// The tool `juju_storage`.
pub struct ListStorage;

/// Which storage.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// only filesystems
    filesystem: bool,
    /// only volumes
    volume: bool,
    /// of these machines; with `filesystem` or `volume`
    ids: Vec<String>,
}

impl Command for ListStorage {
    type Args = Args;
    type Output = Storage;

    const COMMAND: &'static str = "storage";
    const ALIASES: &'static [&'static str] = &["list-storage"];
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Lists storage of units with its filesystems and volumes.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["ids"];
    const ROWS_PATH: Option<&'static str> = Some("storage");

    fn validate(args: &Args) -> Result<(), String> {
        if let Some(id) = args.ids.iter().find(|id| !entity::is_machine(id)) {
            return Err(format!("`ids` has to hold ids of machines like `3`, not: {id}"));
        }
        if args.filesystem && args.volume {
            return Err("`filesystem` and `volume` cannot be used together".to_owned());
        }
        if !args.ids.is_empty() && !args.filesystem && !args.volume {
            return Err("`ids` are for `filesystem` or `volume`; set one of them".to_owned());
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        std::iter::once(TargetEntity::All(EntityKind::Storage)).chain(target::machines(&args.ids)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Storage, Failure> {
        let connection = target.model_connection().await?;
        let filesystems = if args.volume { Vec::new() } else { filesystems(&connection, &args.ids).await? };
        let volumes = if args.filesystem { Vec::new() } else { volumes(&connection, &args.ids).await? };
        let storage = if args.filesystem || args.volume { Vec::new() } else { storage(&connection).await? };
        Ok(Storage::from_lists(&storage, &filesystems, &volumes))
    }

    fn concise(answer: &mut Storage, filter: &Filter) -> Option<Concise> {
        answer.retain(filter);
        let heading = ["Storage", "Status", "Message", "Size", "Pool", "Of", "Attached to"];
        Some(Concise::table(Table::new("items", &heading, answer.rows()), "no storage, or none matches"))
    }
}

/// The machines of a filter each, as the client requests them; one empty filter for all.
fn filters(machines: &[String]) -> Vec<Vec<String>> {
    let each = machines.iter().map(|id| vec![entity::machine(id)]).collect::<Vec<_>>();
    if each.is_empty() { vec![Vec::new()] } else { each }
}

async fn filesystems(connection: &Connection, machines: &[String]) -> Result<Vec<FilesystemDetails>, Failure> {
    let filters = filters(machines).into_iter().map(|machines| FilesystemFilter { machines }).collect();
    let reply = connection.call::<ListFilesystems>(FilesystemFilters { filters }).await?;
    all(reply.results.into_iter().map(|item| (item.result, item.error)))
}

async fn volumes(connection: &Connection, machines: &[String]) -> Result<Vec<VolumeDetails>, Failure> {
    let filters = filters(machines).into_iter().map(|machines| VolumeFilter { machines }).collect();
    let reply = connection.call::<ListVolumes>(VolumeFilters { filters }).await?;
    all(reply.results.into_iter().map(|item| (item.result, item.error)))
}

/// The items of all filters, or the first error.
fn all<T>(results: impl Iterator<Item = (Vec<T>, Option<RemoteError>)>) -> Result<Vec<T>, Failure> {
    let mut found = Vec::new();
    for (items, error) in results {
        match error {
            Some(error) => return Err(error.into()),
            None => found.extend(items),
        }
    }
    Ok(found)
}

async fn storage(connection: &Connection) -> Result<Vec<StorageInstance>, Failure> {
    let reply = connection.call::<ListStorageDetails>(StorageFilters { filters: vec![StorageFilter {}] }).await?;
    Ok(bulk_single(reply.results, |item| item.error.take())?.result)
}
