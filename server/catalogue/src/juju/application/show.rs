//! `juju show-application`: applications in detail.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    entity::Entities,
    facade::application::{ApplicationsInfo, info::ApplicationResult},
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Command, Failure, ResolvedTarget, Scope,
    juju::render::{Item, base_channel, bulk_items, bulk_result},
    target,
};

/// The tool `juju_show_application`.
pub struct ShowApplication;

/// Which applications.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    applications: Vec<String>,
}

/// One application in detail.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Application {
    #[serde(skip_serializing_if = "String::is_empty")]
    charm: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    base: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    channel: String,
    constraints: Value,
    principal: bool,
    exposed: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    exposed_endpoints: BTreeMap<String, Value>,
    remote: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    life: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    endpoint_bindings: BTreeMap<String, String>,
}

impl Command for ShowApplication {
    type Args = Args;
    type Output = BTreeMap<String, Item<Application>>;

    const COMMAND: &'static str = "show-application";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows applications: charm, base, channel, constraints, exposure, bindings.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["applications"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::applications(&args.applications).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let tags: Entities = args.applications.iter().map(|name| Tag::new("application", name)).collect();
        let reply = connection.call::<ApplicationsInfo>(tags).await?;
        bulk_items(reply.results.into_iter().zip(args.applications).map(|(item, name)| {
            let found = bulk_result(item.result, item.error, &name).map(application);
            (name, found)
        }))
    }
}

fn application(wire: ApplicationResult) -> Application {
    Application {
        charm: wire.charm,
        base: format!("{}@{}", wire.base.name, base_channel(&wire.base.channel)),
        channel: wire.channel,
        constraints: json!(wire.constraints),
        principal: wire.principal,
        exposed: wire.exposed,
        exposed_endpoints: wire.exposed_endpoints.iter().map(|(name, one)| (name.clone(), json!(one))).collect(),
        remote: wire.remote,
        life: wire.life,
        endpoint_bindings: wire.endpoint_bindings,
    }
}
