//! `prometheus_targets`: what is scraped, and why it fails.

use std::sync::Arc;

use policy::{Effect, Permit};
use prometheus::{Target, Topology};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::site::{Site, TOOLSET};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, count};

/// The tool `prometheus_targets`.
pub(crate) struct Targets;

/// Which targets.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// only those that fail
    down: bool,
    instance: Option<String>,
}

/// A target with its unit.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    target: Target,
    juju: Topology,
}

impl Command for Targets {
    type Args = Args;
    type Output = Vec<Row>;

    const COMMAND: &'static str = "prometheus-targets";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_targets");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists scrape targets: health, last error, unit.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<Row>, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let mut targets = site.prometheus()?.targets(site.limit()).await?;
        targets.retain(|target| !args.down || target.health != "up");
        targets.sort_by_key(|target| target.health == "up");
        let row = |target: Target| Row { juju: Topology::of_labels(&target.labels), target };
        Ok(targets.into_iter().map(row).collect())
    }

    fn concise(answer: &mut Vec<Row>, filter: &Filter) -> Option<Concise> {
        answer.retain(|row| filter.selects("", row));
        if answer.is_empty() {
            return Some(Concise::with_head(vec!["no targets".to_owned()]));
        }
        let up = answer.iter().filter(|row| row.target.health == "up").count();
        let head = format!("{}: {up} up, {} down", count(answer.len(), "target"), answer.len() - up);
        let heading = ["INSTANCE", "JOB", "HEALTH", "MODEL", "UNIT", "URL", "ERROR"];
        let rows = answer.iter().map(cells).collect();
        Some(Concise::with_head(vec![head]).and(Table::new("targets", &heading, rows)))
    }
}

fn cells(row: &Row) -> Vec<String> {
    let Row { target, juju } = row;
    let label = |name: &str| target.labels.get(name).cloned().unwrap_or_default();
    // the address of a target that answers is of no interest
    let url = if target.health == "up" { String::new() } else { target.scrape_url.clone() };
    vec![
        label("instance"),
        label("job"),
        target.health.clone(),
        juju.model.clone(),
        juju.entity().to_owned(),
        url,
        target.last_error.clone(),
    ]
}
