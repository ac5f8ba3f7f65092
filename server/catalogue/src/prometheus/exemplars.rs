//! `prometheus_exemplars`: examples of what was counted, with their traces.

use std::sync::Arc;

use policy::{Effect, Permit};
use prometheus::{Exemplar, Labels, SeriesExemplars};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    render,
    site::{Site, TOOLSET},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_exemplars`.
pub(crate) struct Exemplars;

/// The expression and the range.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    query: String,
    /// `30m` ago, or a time (RFC 3339)
    #[serde(default)]
    #[schemars(extend("default" = "1h"))]
    since: String,
    #[serde(default)]
    until: String,
    instance: Option<String>,
}

/// An exemplar with its series.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    series: Labels,
    #[serde(flatten)]
    exemplar: Exemplar,
}

impl Command for Exemplars {
    type Args = Args;
    type Output = Vec<Row>;

    const COMMAND: &'static str = "prometheus-exemplars";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_exemplars");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists exemplars of series with their trace ids.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        times::range(&args.since, &args.until, "", times::now()).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<Row>, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let range = times::range(&args.since, &args.until, "", times::now()).map_err(Failure::bad_argument)?;
        let found = site.prometheus()?.exemplars(&args.query, range.start, range.end, site.limit()).await?;
        let rows = |one: SeriesExemplars| {
            let series = one.series_labels;
            one.exemplars.into_iter().map(move |exemplar| Row { series: series.clone(), exemplar })
        };
        Ok(found.into_iter().flat_map(rows).collect())
    }

    fn concise(answer: &mut Vec<Row>, filter: &Filter) -> Option<Concise> {
        answer.retain(|row| filter.selects("", row));
        let named = render::name_series(&answer.iter().map(|row| &row.series).collect::<Vec<_>>());
        let cells = |(row, series): (&Row, String)| {
            let Exemplar { labels, value, timestamp } = &row.exemplar;
            vec![render::time(*timestamp), render::series(labels, |_| true), value.clone(), series]
        };
        let rows = answer.iter().zip(named.names).map(cells).collect();
        let table = Table::new("exemplars", &["TIME", "EXEMPLAR", "VALUE", "SERIES"], rows);
        Some(match named.common {
            Some(line) => Concise::with_head(vec![line]).and(table),
            None => Concise::table(table, "no exemplars"),
        })
    }
}
