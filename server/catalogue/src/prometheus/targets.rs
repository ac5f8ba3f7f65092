//! `prometheus_targets`: what Prometheus scrapes, and which scrapes fail.

use std::sync::Arc;

use policy::{Effect, Permit};
use prometheus::{Target, Topology};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{TOOLSET, limit};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_targets`.
pub(crate) struct Targets;

/// Which Prometheus.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    instance: Option<String>,
}

impl Command for Targets {
    type Args = Args;
    type Output = Vec<Target>;

    const COMMAND: &'static str = "prometheus-targets";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_targets");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists what Prometheus scrapes, failing scrapes first, with their units.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let prometheus = target.backends().prometheus.get(args.instance.as_deref())?;
        let mut targets = prometheus.targets(limit(&target)?.as_ref()).await?;
        // `down` before `unknown` and `up`
        targets.sort_by(|one, other| one.health.cmp(&other.health).then_with(|| one.labels.cmp(&other.labels)));
        Ok(targets)
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects(&one.scrape_url, one));
        let down = answer.iter().filter(|one| one.health == "down").count();
        let head = format!("{} of {} targets are down", down, answer.len());
        let row = |one: &Target| {
            vec![
                one.scrape_url.clone(),
                one.health.clone(),
                one.labels.get("job").cloned().unwrap_or_default(),
                Topology::of_labels(&one.labels).entity().to_owned(),
                one.last_error.clone(),
            ]
        };
        let heading = ["Target", "Health", "Job", "Unit", "Error"];
        let rows = answer.iter().map(row).collect();
        Some(Concise::with_head(vec![head]).and(Table::new("targets", &heading, rows)))
    }
}
