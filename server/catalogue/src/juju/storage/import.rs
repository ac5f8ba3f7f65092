//! `juju import-filesystem`: takes a filesystem of the cloud over as storage.

use std::sync::Arc;

use juju_wire::facade::storage::{
    Import,
    instance::{BulkImportStorageParamsV2, ImportStorageParamsV2},
};
use policy::{Effect, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Access, Command, Failure, Precondition, ResolvedTarget, Scope,
    juju::render::{bulk_single, id},
    target,
};

/// The tool `juju_import_filesystem`.
pub struct ImportFilesystem;

/// Which filesystem, and the name of the storage.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// provider or pool, `ebs`
    storage_provider: String,
    /// of the cloud, `vol-123456`
    provider_id: String,
    /// the charm's name for it
    storage_name: String,
    /// although the cloud has a claim on it
    #[serde(default)]
    force: bool,
}

/// The storage.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Its id, `pgdata/0`.
    storage: String,
}

/// Kind of storage in the API (`storage.StorageKindFilesystem`).
const FILESYSTEM: i64 = 2;

impl Command for ImportFilesystem {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "import-filesystem";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Takes over a filesystem that exists in the cloud as storage.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Write;
    const ACCESS: Access = Access::Write;
    const POSITIONAL: &'static [&'static str] = &["storage_provider", "provider_id", "storage_name"];

    fn validate(args: &Args) -> Result<(), String> {
        let is_name = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !name.ends_with('-')
        };
        if !is_name(&args.storage_name) {
            return Err(format!("`storage_name` has to be a name like `pgdata`, not: {}", args.storage_name));
        }
        let is_pool = |name: &str| {
            name.starts_with(|first: char| first.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !is_pool(&args.storage_provider) {
            return Err(format!(
                "`storage_provider` has to be a provider or pool like `ebs`, not: {}",
                args.storage_provider
            ));
        }
        if args.provider_id.is_empty()
            || args.provider_id.starts_with('-')
            || args.provider_id.contains(char::is_control)
        {
            return Err(format!(
                "`provider_id` has to be an id of the cloud like `vol-123456`, not: {}",
                args.provider_id
            ));
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("filesystem", &args.provider_id)]
    }

    fn required_entities(_: &Args) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        vec![Precondition::StoragePools(vec![args.storage_provider.clone()])]
    }

    fn impact(args: &Args) -> Impact {
        Impact::default().with_skipped_checks(&[("force", args.force)])
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let storage = ImportStorageParamsV2 {
            kind: FILESYSTEM,
            pool: args.storage_provider,
            provider_id: args.provider_id,
            storage_name: args.storage_name,
            force: args.force,
        };
        let connection = target.model_connection().await?;
        let reply = connection.call::<Import>(BulkImportStorageParamsV2 { storage: vec![storage] }).await?;
        let details = bulk_single(reply.results, |item| item.error.take())?.result.unwrap_or_default();
        Ok(Output { storage: id(&details.storage_tag) })
    }
}
