//! `juju spaces`: network spaces of a model.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    facade::spaces::{ListSpaces, space::Space, subnet::Subnet},
    go::nil,
};
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{network_type, subnet_status};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `juju_spaces`.
pub struct Spaces;

/// How much of each.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// names only
    short: bool,
}

/// The spaces.
#[derive(Debug, Serialize)]
pub struct Output {
    spaces: Vec<Listed>,
}

/// A space, or only its name.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Listed {
    /// With its subnets.
    Space {
        /// Its number.
        id: String,
        /// Its name.
        name: String,
        /// Its subnets, by network.
        subnets: BTreeMap<String, Network>,
    },
    /// The name alone.
    Name(String),
}

/// A subnet in a space.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Network {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider_id: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    status: &'static str,
    #[serde(serialize_with = "nil::serialize")]
    zones: Vec<String>,
}

impl Command for Spaces {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "spaces";
    const ALIASES: &'static [&'static str] = &["list-spaces"];
    const TOOLSET: &'static str = "network";
    const DESCRIPTION: &'static str = "Lists network spaces and their subnets.";
    const SCOPE: Scope = Scope::Model;
    const MACHINES_ONLY: bool = true;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("spaces");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let reply = connection.call::<ListSpaces>(()).await?;
        let listed = |space: Space| if args.short { Listed::Name(space.name) } else { listed(space) };
        Ok(Output { spaces: reply.results.into_iter().map(listed).collect() })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.spaces.retain(|one| filter.selects("", one));
        let row = |one: &Listed| match one {
            Listed::Space { id, name, subnets } => {
                let networks: Vec<_> = subnets.keys().map(String::as_str).collect();
                vec![name.clone(), id.clone(), networks.join(",")]
            }
            Listed::Name(name) => vec![name.clone()],
        };
        let rows = answer.spaces.iter().map(row).collect();
        Some(Concise::table(Table::new("spaces", &["Space", "ID", "Subnets"], rows), "no space, or none matches"))
    }
}

fn listed(space: Space) -> Listed {
    let network = |one: Subnet| {
        let kind = network_type(&one.cidr);
        (one.cidr, Network { kind, provider_id: one.provider_id, status: subnet_status(one.life), zones: one.zones })
    };
    Listed::Space { id: space.id, name: space.name, subnets: space.subnets.into_iter().map(network).collect() }
}
