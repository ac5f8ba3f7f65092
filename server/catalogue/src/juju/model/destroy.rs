//! `juju destroy-model`: destroys a model and all in it.

use std::sync::Arc;

use juju_wire::{
    facade::model_manager::{
        DestroyModels,
        lifecycle::{DestroyModelParams, DestroyModelsParams},
    },
    tag::Tag,
};
use policy::{Capability, Effect, EntityKind, Impact, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Access, Blocks, Command, Cost, Facts, Failure, Precondition, ResolvedTarget, Scope,
    juju::controller::destroy::nanoseconds,
};

/// The tool `juju_destroy_model`.
pub struct DestroyModel;

/// Arguments, named as in the Juju client.
#[expect(clippy::struct_excessive_bools, reason = "the flags of the client")]
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    #[serde(default)]
    destroy_storage: bool,
    /// leave it in the cloud
    #[serde(default)]
    release_storage: bool,
    #[serde(default)]
    force: bool,
    /// with `force`
    #[serde(default)]
    no_wait: bool,
    /// of each step with `force`, `30m`
    timeout: Option<String>,
}

/// The model that is being destroyed.
#[derive(Debug, Serialize)]
pub struct Output {
    /// Its full name.
    destroying: String,
}

impl Command for DestroyModel {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "destroy-model";
    const TOOLSET: &'static str = "models";
    const DESCRIPTION: &'static str = "Destroys a model with everything in it; cannot be undone.";
    const SCOPE: Scope = Scope::NamedModel;
    const MAX_EFFECT: Effect = Effect::Destructive;
    const ACCESS: Access = Access::Admin;
    const BLOCKS: Blocks = Blocks::Destruction;

    fn validate(args: &Args) -> Result<(), String> {
        if args.destroy_storage && args.release_storage {
            return Err("`destroy_storage` and `release_storage` exclude each other".to_owned());
        }
        if (args.no_wait || args.timeout.is_some()) && !args.force {
            return Err("`no_wait` and `timeout` need `force`".to_owned());
        }
        match args.timeout.as_deref().filter(|text| nanoseconds(text).is_none()) {
            Some(text) => Err(format!("`timeout` has to be like 30m, not: {text}")),
            None => Ok(()),
        }
    }

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Application)]
    }

    fn impact(args: &Args) -> Impact {
        let skipped = [
            ("destroy_storage", args.destroy_storage),
            ("release_storage", args.release_storage),
            ("force", args.force),
            ("no_wait", args.no_wait),
        ];
        Impact::default().with_capability(Capability::RemovesAllUnits).with_skipped_checks(&skipped)
    }

    fn preconditions(args: &Args) -> Vec<Precondition> {
        let chosen = args.destroy_storage || args.release_storage;
        let storage = (!chosen).then_some(Precondition::NoPersistentStorage);
        std::iter::once(Precondition::HostedModel).chain(storage).collect()
    }

    fn cost(_: &Args, facts: &Facts) -> Cost {
        Cost::of_destroyed_model(facts)
    }

    async fn preview(args: &Args, target: &ResolvedTarget) -> Result<Option<Value>, Failure> {
        let (wire, problem) = target.status_with_storage(Vec::new()).await?;
        let units: usize = wire.applications.values().map(|application| application.units.len()).sum();
        let names = |names: Vec<&String>| names.into_iter().cloned().collect::<Vec<_>>();
        let consumed = wire.offers.iter().filter(|(_, offer)| offer.total_connected_count > 0);
        let mut preview = json!({
            "destroying": target.model_name(),
            "applications": names(wire.applications.keys().collect()),
            "units": units,
            "machines": wire.machines.len(),
            "storage": wire.storage.iter().map(|storage| crate::entity::name(&storage.storage_tag)).collect::<Vec<_>>(),
            "offers": names(wire.offers.keys().collect()),
            "offers-in-use": names(consumed.map(|(name, _)| name).collect()),
        });
        if !args.release_storage {
            preview["destroying_storage"] = preview["storage"].clone();
        }
        if let Some(problem) = problem {
            preview["storage-not-shown"] = json!(problem);
        }
        Ok(Some(preview))
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let storage = (args.destroy_storage || args.release_storage).then_some(args.destroy_storage);
        let model = DestroyModelParams {
            model_tag: Tag::new("model", target.model_uuid()).to_string(),
            destroy_storage: storage,
            force: args.force.then_some(true),
            max_wait: args.no_wait.then_some(0),
            timeout: args.timeout.as_deref().and_then(nanoseconds),
        };
        let connection = target.controller_connection().await?;
        connection.call::<DestroyModels>(DestroyModelsParams { models: vec![model] }).await?.into_result()?;
        if let Some(files) = target.controllers().own_files()
            && let Err(error) = files.forget_model(target.controller_name(), target.model_name()).await
        {
            // the model goes whether the files can be written or not
            tracing::warn!(%error, model = target.model_name(), "the client's files still name the model");
        }
        Ok(Output { destroying: target.model_name().to_owned() })
    }
}
