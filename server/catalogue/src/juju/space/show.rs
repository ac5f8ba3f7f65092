//! `juju show-space`: one network space with what uses it.

use std::sync::Arc;

use juju_wire::{
    entity::Entities,
    facade::spaces::{ShowSpace as ShowSpaceMethod, subnet::Subnet},
    go::nil,
    tag::Tag,
};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Command, Failure, ResolvedTarget, Scope, juju::render::bulk_single, target};

/// The tool `juju_show_space`.
pub struct ShowSpace;

/// Which space.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    name: String,
}

/// The space, the applications bound to it and the number of machines in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    space: Shown,
    #[serde(serialize_with = "nil::serialize")]
    applications: Vec<String>,
    machine_count: i64,
}

/// A space.
#[derive(Debug, Serialize)]
pub struct Shown {
    id: String,
    name: String,
    subnets: Vec<Network>,
}

/// A subnet of a space.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Network {
    cidr: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider_space_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider_network_id: String,
    vlan_tag: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    zones: Vec<String>,
}

impl Command for ShowSpace {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "show-space";
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Shows a network space with its subnets, applications and number of machines.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name"];

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("space", &args.name), TargetEntity::All(EntityKind::Application)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let tags: Entities = [Tag::new("space", &args.name)].into_iter().collect();
        let reply = connection.call::<ShowSpaceMethod>(tags).await?;
        let item = bulk_single(reply.results, |item| item.error.take())?;
        let network = |one: Subnet| Network {
            cidr: one.cidr,
            provider_id: one.provider_id,
            provider_space_id: one.provider_space_id,
            provider_network_id: one.provider_network_id,
            vlan_tag: one.vlan_tag,
            zones: one.zones,
        };
        let subnets = item.space.subnets.into_iter().map(network).collect();
        let space = Shown { id: item.space.id, name: item.space.name, subnets };
        Ok(Output { space, applications: item.applications, machine_count: item.machine_count })
    }
}
