//! `juju subnets`: subnets of a model.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    facade::{
        spaces::subnet::Subnet,
        subnets::{ListSubnets, SubnetsFilters},
    },
    go::nil,
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{network_type, subnet_status};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, juju::render::id, target};

/// The tool `juju_subnets`.
pub struct Subnets;

/// Which subnets.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    space: Option<String>,
    zone: Option<String>,
}

/// The subnets by network.
#[derive(Debug, Serialize)]
pub struct Output {
    subnets: BTreeMap<String, Network>,
}

/// A subnet.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Network {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider_network_id: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    status: &'static str,
    space: String,
    #[serde(serialize_with = "nil::serialize")]
    zones: Vec<String>,
}

impl Command for Subnets {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "subnets";
    const ALIASES: &'static [&'static str] = &["list-subnets"];
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Lists subnets with space and zones.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("subnets");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.space.iter().map(|name| target::other("space", name)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let filters = SubnetsFilters {
            space_tag: args.space.map(|name| Tag::new("space", name).to_string()).unwrap_or_default(),
            zone: args.zone.unwrap_or_default(),
        };
        let reply = connection.call::<ListSubnets>(filters).await?;
        let network = |one: Subnet| {
            let shown = Network {
                kind: network_type(&one.cidr),
                provider_id: one.provider_id,
                provider_network_id: one.provider_network_id,
                status: subnet_status(one.life),
                space: if one.space_tag.is_empty() { String::new() } else { id(&one.space_tag) },
                zones: one.zones,
            };
            (one.cidr, shown)
        };
        Ok(Output { subnets: reply.results.into_iter().map(network).collect() })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.subnets.retain(|cidr, one| filter.selects(cidr, one));
        let row = |(cidr, one): (&String, &Network)| {
            vec![cidr.clone(), one.space.clone(), one.zones.join(","), one.status.to_owned(), one.provider_id.clone()]
        };
        let rows = answer.subnets.iter().map(row).collect();
        let heading = ["Subnet", "Space", "Zones", "Status", "Provider ID"];
        Some(Concise::table(Table::new("subnets", &heading, rows), "no subnet, or none matches"))
    }
}
