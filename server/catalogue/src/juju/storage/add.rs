//! `juju add-storage`: adds storage to a unit.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::{
    application::config::StorageDirectives,
    storage::{
        AddToUnit,
        instance::{AddStorageResult, StorageAddParams, StoragesAddParams},
    },
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Command, Failure, ResolvedTarget, Scope, entity,
    juju::render::{Item, bulk_items, id},
    target,
};

/// The tool `juju_add_storage`.
pub struct AddStorage;

/// A unit and its new storage.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    unit: String,
    /// by the charm's name for it: `ebs,2,10G`; empty for the default
    storage: BTreeMap<String, String>,
}

impl Command for AddStorage {
    type Args = Args;
    type Output = BTreeMap<String, Item<Vec<String>>>;

    const COMMAND: &'static str = "add-storage";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Adds storage to a unit.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const POSITIONAL: &'static [&'static str] = &["unit", "storage"];

    fn validate(args: &Args) -> Result<(), String> {
        if !entity::is_unit(&args.unit) {
            return Err(format!("`unit` has to be like `web/0`, not: {}", args.unit));
        }
        if args.storage.is_empty() {
            return Err("`storage` has to name at least one storage of the charm".to_owned());
        }
        args.storage.values().try_for_each(|text| directives(text).map(drop))
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::unit(&args.unit)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let unit = entity::unit(&args.unit);
        let wanted = |(name, text): (&String, &String)| {
            let storage = directives(text).map_err(|problem| Failure::refused(problem, "write it like `ebs,2,10G`"))?;
            Ok(StorageAddParams { unit: unit.clone(), name: name.clone(), storage })
        };
        let storages = args.storage.iter().map(wanted).collect::<Result<_, Failure>>()?;
        let connection = target.model_connection().await?;
        let reply = connection.call::<AddToUnit>(StoragesAddParams { storages }).await?;
        let added = |(name, item): (String, AddStorageResult)| {
            let ids = item.result.unwrap_or_default().storage_tags.iter().map(|tag| id(tag)).collect();
            (name, item.error.map_or(Ok(ids), |error| Err(error.into())))
        };
        bulk_items(args.storage.into_keys().zip(reply.results).map(added))
    }
}

/// Pool, count and size as the client sends them: without a count one, and 0 for the size that the charm wants.
fn directives(text: &str) -> Result<StorageDirectives, String> {
    if text.is_empty() {
        return Ok(StorageDirectives { pool: String::new(), size: Some(0), count: Some(1) });
    }
    let wanted = entity::storage(text)?;
    Ok(StorageDirectives { pool: wanted.pool, size: Some(wanted.size), count: Some(wanted.count.max(1)) })
}
