//! `juju clouds`: clouds that models of the controller can be on.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::facade::cloud::Clouds as CloudsMethod;
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Cloud, clouds};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, juju::render::id};

/// The tool `juju_clouds`.
pub struct Clouds;

/// No arguments.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Args {}

impl Command for Clouds {
    type Args = Args;
    type Output = BTreeMap<String, Cloud>;

    const COMMAND: &'static str = "clouds";
    const ALIASES: &'static [&'static str] = &["list-clouds"];
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = "Lists clouds of the controller.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, _: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.controller_connection().await?;
        let names: Vec<_> = connection.call::<CloudsMethod>(()).await?.clouds.keys().map(|tag| id(tag)).collect();
        clouds(&connection, &names).await
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|name, one| filter.selects(name, one));
        let row = |(name, one): (&String, &Cloud)| {
            let regions: Vec<_> = one.regions.keys().map(String::as_str).collect();
            vec![name.clone(), one.kind.clone(), regions.join(","), one.auth_types.join(","), one.endpoint.clone()]
        };
        let rows = answer.iter().map(row).collect();
        let heading = ["Cloud", "Type", "Regions", "Authentication", "Endpoint"];
        Some(Concise::table(Table::new("clouds", &heading, rows), "nothing matches"))
    }
}
