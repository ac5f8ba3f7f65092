//! `juju create-storage-pool` and `juju update-storage-pool`: pools with their attributes.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::storage::{
    CreatePool, UpdatePool,
    pool::{StoragePool, StoragePoolArgs},
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Blocks, Command, Failure, Precondition, ResolvedTarget, Scope, entity, target};

/// The tool `juju_create_storage_pool`.
pub struct CreateStoragePool;

/// The tool `juju_update_storage_pool`.
pub struct UpdateStoragePool;

/// A new pool.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateArgs {
    name: String,
    /// `ebs`; in a Kubernetes model `kubernetes`
    provider: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
}

/// A pool and what changes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateArgs {
    name: String,
    attributes: BTreeMap<String, Value>,
}

/// The pool.
#[derive(Debug, Serialize)]
pub struct Output {
    pool: String,
}

/// The provider of every pool of a Kubernetes model.
const KUBERNETES: &str = "kubernetes";
/// The attribute that names the provider.
const TYPE: &str = "type";

/// The attributes as the client sends them: all are texts.
fn texts(attributes: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    attributes.into_iter().map(|(name, value)| (name, json!(entity::text(&value)))).collect()
}

fn pools(name: String, provider: String, attributes: BTreeMap<String, Value>) -> StoragePoolArgs {
    StoragePoolArgs { pools: vec![StoragePool { name, provider, attrs: Some(attributes) }] }
}

impl Command for CreateStoragePool {
    type Args = CreateArgs;
    type Output = Output;

    const COMMAND: &'static str = "create-storage-pool";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Creates a storage pool.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const POSITIONAL: &'static [&'static str] = &["name", "provider", "attributes"];

    fn validate(args: &CreateArgs) -> Result<(), String> {
        entity::check_values("attributes", &args.attributes)
    }

    fn target_entities(args: &CreateArgs) -> Vec<TargetEntity> {
        vec![target::other("pool", &args.name)]
    }

    fn required_entities(_: &CreateArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    async fn preview(args: &CreateArgs, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        provider(args, target).map(|_| None)
    }

    async fn run(_: Permit, args: CreateArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let provider = provider(&args, &target)?;
        let params = pools(args.name.clone(), provider, texts(args.attributes));
        target.model_connection().await?.call::<CreatePool>(params).await?.into_result()?;
        Ok(Output { pool: args.name })
    }
}

fn provider(args: &CreateArgs, target: &ResolvedTarget) -> Result<String, Failure> {
    match &args.provider {
        Some(provider) => Ok(provider.clone()),
        None if target.is_kubernetes() => Ok(KUBERNETES.to_owned()),
        None => Err(Failure::refused("a pool of a model on machines has a provider", "give `provider`, such as `ebs`")),
    }
}

impl Command for UpdateStoragePool {
    type Args = UpdateArgs;
    type Output = Output;

    const COMMAND: &'static str = "update-storage-pool";
    const TOOLSET: &'static str = "storage";
    const DESCRIPTION: &'static str = "Changes attributes of a storage pool, for storage made later.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Write;
    const BLOCKS: Blocks = Blocks::None;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name", "attributes"];

    fn validate(args: &UpdateArgs) -> Result<(), String> {
        if args.attributes.is_empty() {
            return Err("`attributes` has to have at least one attribute".to_owned());
        }
        entity::check_values("attributes", &args.attributes)
    }

    fn target_entities(args: &UpdateArgs) -> Vec<TargetEntity> {
        vec![target::other("pool", &args.name)]
    }

    fn required_entities(_: &UpdateArgs) -> Vec<TargetEntity> {
        Vec::new()
    }

    fn preconditions(args: &UpdateArgs) -> Vec<Precondition> {
        vec![Precondition::StoragePools(vec![args.name.clone()])]
    }

    async fn run(_: Permit, args: UpdateArgs, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let mut attributes = texts(args.attributes);
        let provider = attributes.remove(TYPE).as_ref().map(entity::text).unwrap_or_default();
        let params = pools(args.name.clone(), provider, attributes);
        target.model_connection().await?.call::<UpdatePool>(params).await?.into_result()?;
        Ok(Output { pool: args.name })
    }
}
