//! `juju remove-storage-pool`: removes a pool that no storage uses.

use std::sync::Arc;

use juju_wire::facade::storage::{
    RemovePool,
    pool::{StoragePoolDeleteArg, StoragePoolDeleteArgs},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Blocks, Command, Failure, Precondition, ResolvedTarget, Scope, target};

/// The tool `juju_remove_storage_pool`.
pub struct RemoveStoragePool;

/// Which pool.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    name: String,
}

/// The pool that was removed.
#[derive(Debug, Serialize)]
pub struct Output {
    removed: String,
}

impl Command for RemoveStoragePool {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "remove-storage-pool";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Removes a storage pool that nothing uses.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("pool", &args.name)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::StoragePools(vec![args.name.clone()])]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let pools = vec![StoragePoolDeleteArg { name: args.name.clone() }];
        let connection = target.model_connection().await?;
        connection.call::<RemovePool>(StoragePoolDeleteArgs { pools }).await?.into_result()?;
        Ok(Output { removed: args.name })
    }
}
