//! `juju show-model`: one model in detail.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    entity::{Entities, Entity},
    facade::model_manager::{ModelInfo, info::ModelDetails},
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::info::Model;
use crate::{Command, Failure, ResolvedTarget, Scope, juju::render::bulk_result};

/// The tool `juju_show_model`.
pub struct ShowModel;

/// No arguments beside the model.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

impl Command for ShowModel {
    type Args = Args;
    type Output = BTreeMap<String, Model>;

    const COMMAND: &'static str = "show-model";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows one model: users, machines, credential, version, features.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let wire = details(&target).await?;
        Ok(BTreeMap::from([(wire.name.clone(), Model::of(wire, target.controller_name()))]))
    }
}

/// Requests the details of the target model.
pub(crate) async fn details(target: &ResolvedTarget) -> Result<ModelDetails, Failure> {
    let connection = target.controller_connection().await?;
    let entities = Entities { entities: vec![Entity { tag: format!("model-{}", target.model_uuid()) }] };
    let reply = connection.call::<ModelInfo>(entities).await?;
    let item = reply.results.into_iter().next().unwrap_or_default();
    bulk_result(item.result, item.error, target.model_name())
}
