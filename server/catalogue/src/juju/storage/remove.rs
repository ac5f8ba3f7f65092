//! `juju remove-storage`: removes storage, and destroys it in its cloud where nothing else is stated.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    facade::storage::{
        Remove,
        instance::{RemoveStorage as RemoveParams, RemoveStorageInstance},
    },
    tag::Tag,
};
use policy::{Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check_ids, outcomes, require};
use crate::{Blocks, Command, Failure, ResolvedTarget, Scope, juju::render::Item};

/// The tool `juju_remove_storage`.
pub struct RemoveStorage;

/// Which storage.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// `pgdata/0`
    storage: Vec<String>,
    /// also if it is attached
    #[serde(default)]
    force: bool,
    /// keep it in the cloud
    #[serde(default)]
    no_destroy: bool,
}

impl Command for RemoveStorage {
    type Args = Args;
    type Output = BTreeMap<String, Item<&'static str>>;

    const COMMAND: &'static str = "remove-storage";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Removes storage and its data, or keeps it in the cloud.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::Removal;
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
        if args.force && target.is_kubernetes() {
            let problem = "forced detachment of storage on container models is not supported";
            return Err(Failure::refused(problem, "leave `force` out"));
        }
        require(target, &args.storage).await.map(|()| None)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let instance = |id: &String| RemoveStorageInstance {
            tag: Tag::new("storage", id).to_string(),
            destroy_attachments: args.force,
            destroy_storage: !args.no_destroy,
            force: Some(args.force),
            max_wait: None,
        };
        let params = RemoveParams { storage: args.storage.iter().map(instance).collect() };
        let connection = target.model_connection().await?;
        let reply = connection.call::<Remove>(params).await?;
        outcomes(args.storage, reply, "removing")
    }
}
