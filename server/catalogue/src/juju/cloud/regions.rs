//! `juju regions`: regions of a cloud.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{entity::Entities, facade::cloud::Cloud as CloudMethod, tag::Tag};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Region;
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, juju::render::bulk_result, target};

/// The tool `juju_regions`.
pub struct Regions;

/// Which cloud.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    cloud: String,
}

/// The regions with their endpoints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    controller_cloud_regions: BTreeMap<String, Region>,
}

impl Command for Regions {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "regions";
    const ALIASES: &'static [&'static str] = &["list-regions"];
    const TOOLSET: &'static str = "clouds";
    const DESCRIPTION: &'static str = "Lists regions of a cloud.";
    const SCOPE: Scope = Scope::Controller;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["cloud"];
    const ROWS_PATH: Option<&'static str> = Some("controller-cloud-regions");

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        vec![target::other("cloud", &args.cloud)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.controller_connection().await?;
        let tags: Entities = [Tag::new("cloud", &args.cloud)].into_iter().collect();
        let reply = connection.call::<CloudMethod>(tags).await?;
        let item = reply.results.into_iter().next().unwrap_or_default();
        let cloud = bulk_result(item.cloud, item.error, &args.cloud)?;
        Ok(Output { controller_cloud_regions: cloud.regions.into_iter().map(Region::of).collect() })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        let regions = &mut answer.controller_cloud_regions;
        regions.retain(|name, one| filter.selects(name, one));
        let row = |(name, one): (&String, &Region)| vec![name.clone(), one.endpoint.clone()];
        let rows = regions.iter().map(row).collect();
        Some(Concise::table(Table::new("regions", &["Region", "Endpoint"], rows), "no region, or none matches"))
    }
}
