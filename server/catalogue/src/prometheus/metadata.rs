//! `prometheus_metadata`: what metrics are.

use std::sync::Arc;

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::site::{Site, TOOLSET};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_metadata`.
pub(crate) struct Metadata;

/// Which metric.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    metric: String,
    instance: Option<String>,
}

/// A metric.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    metric: String,
    #[serde(flatten)]
    metadata: prometheus::Metadata,
}

impl Command for Metadata {
    type Args = Args;
    type Output = Vec<Row>;

    const COMMAND: &'static str = "prometheus-metadata";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_metadata");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Describes metrics: type, unit, help.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<Row>, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let metric = Some(args.metric.as_str()).filter(|metric| !metric.is_empty());
        let found = site.prometheus()?.metadata(metric, site.limit()).await?;
        let rows = |(metric, kinds): (String, Vec<prometheus::Metadata>)| {
            kinds.into_iter().map(move |metadata| Row { metric: metric.clone(), metadata })
        };
        Ok(found.into_iter().flat_map(rows).collect())
    }

    fn concise(answer: &mut Vec<Row>, filter: &Filter) -> Option<Concise> {
        answer.retain(|row| filter.selects(&row.metric, row));
        let cells = |row: &Row| {
            let prometheus::Metadata { kind, help, unit } = &row.metadata;
            vec![row.metric.clone(), kind.clone(), unit.clone(), help.clone()]
        };
        let rows = answer.iter().map(cells).collect();
        Some(Concise::table(Table::new("metrics", &["METRIC", "TYPE", "UNIT", "HELP"], rows), "no such metric"))
    }
}
