//! `juju show-storage`: storage by its ids.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{entity::Entities, facade::storage::StorageDetails, tag::Tag};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check_ids;
use crate::{
    Command, Failure, ResolvedTarget, Scope,
    juju::{
        model::status::storage::shown,
        render::{Item, bulk_items, bulk_result},
    },
};

/// The tool `juju_show_storage`.
pub struct ShowStorage;

/// Which storage.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// `pgdata/0`
    storage: Vec<String>,
}

impl Command for ShowStorage {
    type Args = Args;
    type Output = BTreeMap<String, Item<Value>>;

    const COMMAND: &'static str = "show-storage";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Shows storage by id, with its attachments.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["storage"];

    fn validate(args: &Args) -> Result<(), String> {
        check_ids("storage", &args.storage)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.storage.iter().map(|id| TargetEntity::unresolved(EntityKind::Storage, id)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let tags: Entities = args.storage.iter().map(|id| Tag::new("storage", id)).collect();
        let reply = connection.call::<StorageDetails>(tags).await?;
        let item = |(id, item): (String, juju_wire::facade::storage::instance::StorageDetailsResult)| {
            let found = bulk_result(item.result, item.error, &id).map(|one| shown(&one).1);
            (id, found)
        };
        bulk_items(args.storage.into_iter().zip(reply.results).map(item))
    }
}
