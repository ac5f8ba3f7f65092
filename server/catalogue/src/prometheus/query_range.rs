//! `prometheus_query_range`: the values of any `PromQL` expression over a range, as their shape.

use std::sync::Arc;

use policy::{Effect, Permit};
use prometheus::{Labels, QueryResult, Sample, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    render,
    site::{Site, TOOLSET},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_query_range`.
pub(crate) struct QueryRange;

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
    /// `1m`
    #[serde(default)]
    step: String,
    /// every value
    #[serde(default)]
    points: bool,
    instance: Option<String>,
}

/// The series of the range.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    start: f64,
    end: f64,
    step: f64,
    result: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// A series of the range: its shape, or its values.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    metric: Labels,
    #[serde(skip_serializing_if = "Option::is_none")]
    shape: Option<Shape>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Sample>>,
    /// Number of native histograms, which have no shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    histograms: Option<usize>,
}

impl Command for QueryRange {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "prometheus-query-range";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_query_range");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Evaluates PromQL over a range: the shape of each series, or its points.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("result");

    fn validate(args: &Args) -> Result<(), String> {
        times::range(&args.since, &args.until, &args.step, times::now()).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let range = times::range(&args.since, &args.until, &args.step, times::now()).map_err(Failure::bad_argument)?;
        let found = site.prometheus()?.query_range(&args.query, range, site.limit()).await?;
        let QueryResult::Matrix(series) = found.result else {
            return Err(Failure::refused("Prometheus returned no range", "use prometheus_query"));
        };
        let row = |one: prometheus::Series| Row {
            shape: if args.points { None } else { Shape::of_samples(&one.values) },
            histograms: (!one.histograms.is_empty()).then_some(one.histograms.len()),
            metric: one.metric,
            values: args.points.then_some(one.values),
        };
        let result = series.into_iter().map(row).collect();
        Ok(Output { start: range.start, end: range.end, step: range.step, result, warnings: found.warnings })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.result.retain(|row| filter.selects("", row));
        let (start, end) = (render::time(answer.start), render::time(answer.end));
        let mut head = vec![format!("{start} to {end}, every {} s", render::number(answer.step))];
        head.append(&mut answer.warnings);
        let named = render::name_series(&answer.result.iter().map(|row| &row.metric).collect::<Vec<_>>());
        head.extend(named.common);
        if answer.result.is_empty() {
            head.push("no series".to_owned());
        }
        let concise = Concise::with_head(head);
        let rows = answer.result.iter().zip(named.names);
        if answer.result.iter().any(|row| row.values.is_some()) {
            return Some(concise.and(Table::lines("points", rows.flat_map(|(row, name)| points(row, name)))));
        }
        let heading = ["SERIES", "LAST", "MIN", "MEDIAN", "MAX", "MAX AT", "PER HOUR", "CHANGES", "TREND"];
        Some(concise.and(Table::new("series", &heading, rows.map(|(row, name)| shape(row, name)).collect())))
    }
}

/// Lines with the values of a series.
fn points(row: &Row, name: String) -> Vec<String> {
    let values = row.values.iter().flatten();
    let line = |sample: &Sample| format!("{} {}", render::time(sample.time), render::number(sample.value));
    std::iter::once(name).chain(values.map(line)).collect()
}

fn shape(row: &Row, name: String) -> Vec<String> {
    let Some(shape) = &row.shape else {
        let count = row.histograms.map(|count| format!("{count} histograms")).unwrap_or_default();
        return vec![name, count];
    };
    let numbers = [shape.last, shape.min, shape.median, shape.max].map(render::number);
    let mut cells = vec![name];
    cells.extend(numbers);
    cells.push(if shape.min < shape.max { render::clock(shape.max_time) } else { String::new() });
    cells.extend([render::slope(shape), render::changes(shape), shape.sparkline.clone()]);
    cells
}
