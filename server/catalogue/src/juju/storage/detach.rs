//! `juju detach-storage`: detaches storage from its units and keeps it.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    facade::storage::{
        DetachStorage as DetachMethod,
        instance::{StorageAttachmentId, StorageAttachmentIds, StorageDetachmentParams},
    },
    tag::Tag,
};
use policy::{Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check_ids, outcomes, require};
use crate::{Command, Failure, ResolvedTarget, Scope, juju::render::Item};

/// The tool `juju_detach_storage`.
pub struct DetachStorage;

/// Which storage.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// `pgdata/0`
    storage: Vec<String>,
    #[serde(default)]
    force: bool,
}

impl Command for DetachStorage {
    type Args = Args;
    type Output = BTreeMap<String, Item<&'static str>>;

    const COMMAND: &'static str = "detach-storage";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Detaches storage from its units and keeps it.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["storage"];

    fn validate(args: &Args) -> Result<(), String> {
        check_ids("storage", &args.storage)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.storage.iter().map(|id| TargetEntity::unresolved(EntityKind::Storage, id)).collect()
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        require(target, &args.storage).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let attachment = |id: &String| StorageAttachmentId {
            storage_tag: Tag::new("storage", id).to_string(),
            unit_tag: String::new(),
        };
        let ids = StorageAttachmentIds { ids: args.storage.iter().map(attachment).collect() };
        let params = StorageDetachmentParams { ids, force: Some(args.force), max_wait: None };
        let connection = target.model_connection().await?;
        let reply = connection.call::<DetachMethod>(params).await?;
        outcomes(args.storage, reply, "detaching")
    }
}
