//! `juju attach-storage`: attaches storage that exists to a unit.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    facade::storage::{
        Attach,
        instance::{StorageAttachmentId, StorageAttachmentIds},
    },
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check_ids, outcomes, require};
use crate::{Command, Failure, ResolvedTarget, Scope, entity, juju::render::Item, target};

/// The tool `juju_attach_storage`.
pub struct AttachStorage;

/// A unit and storage.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    unit: String,
    /// `pgdata/0`
    storage: Vec<String>,
}

impl Command for AttachStorage {
    type Args = Args;
    type Output = BTreeMap<String, Item<&'static str>>;

    const COMMAND: &'static str = "attach-storage";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Attaches detached storage to a unit; juju_add_storage makes new storage.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["unit", "storage"];

    fn validate(args: &Args) -> Result<(), String> {
        if !entity::is_unit(&args.unit) {
            return Err(format!("`unit` has to be like `web/0`, not: {}", args.unit));
        }
        check_ids("storage", &args.storage)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let storage = args.storage.iter().map(|id| TargetEntity::unresolved(EntityKind::Storage, id));
        std::iter::once(target::unit(&args.unit)).chain(storage).collect()
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.storage).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let unit_tag = entity::unit(&args.unit);
        let attachment = |id: &String| StorageAttachmentId {
            storage_tag: Tag::new("storage", id).to_string(),
            unit_tag: unit_tag.clone(),
        };
        let ids = StorageAttachmentIds { ids: args.storage.iter().map(attachment).collect() };
        let connection = target.model_connection().await?;
        let reply = connection.call::<Attach>(ids).await?;
        outcomes(args.storage, reply, "attaching")
    }
}
