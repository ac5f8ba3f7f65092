//! `loki_query_range`: LogQL over a range: lines in either direction, or numbers as shapes.

use std::{sync::Arc, time::Duration};

use loki::{LineOrder, LogRange, LogqlResult, LogqlSeries, StreamLabels};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use prometheus::{Sample, Shape};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    lines::{ShownLine, shown, table, text},
    log_source::{is_log_query, range_text, reader},
    query::labels_text,
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `loki_query_range`.
pub(crate) struct LokiQueryRange;

/// The query and its range.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// LogQL
    #[schemars(required)]
    query: String,
    /// `30m` ago, or a time (RFC 3339)
    #[schemars(extend("default" = "1h"))]
    since: String,
    until: String,
    #[schemars(extend("default" = "backward"))]
    direction: Option<Direction>,
    #[schemars(extend("default" = 100))]
    lines: Option<u16>,
    /// of numbers, `1m`
    step: String,
    /// all numbers, not their shape
    points: bool,
    instance: Option<String>,
}

/// Which lines count first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Direction {
    Backward,
    Forward,
}

/// Lines, the oldest first, or series.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    #[serde(flatten)]
    found: Found,
    range: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Whether the first page has the oldest lines.
    #[serde(skip)]
    is_forward: bool,
}

/// What the query returns.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Found {
    Lines(Vec<ShownLine>),
    Shapes(Vec<ShapedSeries>),
    Series(Vec<LogqlSeries>),
}

/// A series in a few numbers.
#[derive(Debug, Serialize)]
struct ShapedSeries {
    labels: StreamLabels,
    #[serde(flatten)]
    shape: Shape,
}

const DEFAULT_LINES: u16 = 100;
const MAX_LINES: u16 = 5_000;
/// Numbers of a series if the caller chooses no step.
const DEFAULT_POINTS: u32 = 120;
/// Numbers of a series at most.
const MAX_POINTS: u32 = 5_000;

impl Args {
    /// Seconds between numbers.
    fn step(&self, range: LogRange) -> Result<u32, String> {
        let seconds = u32::try_from(range.length().num_seconds()).unwrap_or(u32::MAX);
        let chosen = match self.step.as_str() {
            "" => seconds.div_ceil(DEFAULT_POINTS).max(1),
            text => {
                let step = prometheus::parse_duration(text).and_then(|step| Duration::try_from_secs_f64(step).ok());
                let step = step.and_then(|step| u32::try_from(step.as_secs()).ok()).filter(|step| *step > 0);
                step.ok_or_else(|| format!("`step` has to be like 30s or 5m, not: {text}"))?
            }
        };
        if seconds / chosen > MAX_POINTS {
            return Err(format!("`step` has to be {} s or longer for this range", seconds.div_ceil(MAX_POINTS)));
        }
        Ok(chosen)
    }

    fn order(&self) -> LineOrder {
        if self.direction == Some(Direction::Forward) { LineOrder::OldestFirst } else { LineOrder::NewestFirst }
    }
}

impl Command for LokiQueryRange {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "loki-query-range";
    const TOOL_NAME: Option<&'static str> = Some("loki_query_range");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Runs LogQL over a range: lines, or numbers as their shape.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["query"];
    const ROWS_PATH: Option<&'static str> = Some("lines|shapes|series");

    fn validate(args: &Args) -> Result<(), String> {
        if args.query.trim().is_empty() {
            return Err("`query` has to be LogQL such as {juju_application=\"web\"} |= \"error\"".to_owned());
        }
        if args.lines.is_some_and(|lines| !(1..=MAX_LINES).contains(&lines)) {
            return Err(format!("`lines` has to be from 1 to {MAX_LINES}"));
        }
        args.step(times::range(&args.since, &args.until)?).map(drop)
    }

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Application)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let reader = reader(&target, args.instance.as_deref())?;
        let range = times::range(&args.since, &args.until).map_err(Failure::bad_argument)?;
        let (order, limit) = (args.order(), usize::from(args.lines.unwrap_or(DEFAULT_LINES)));
        let (shown_range, is_forward) = (range_text(range), order == LineOrder::OldestFirst);
        if is_log_query(&args.query) {
            let page = reader.lines(&args.query, range, limit, order).await?;
            let which = if is_forward { "oldest" } else { "newest" };
            let note = page.is_cut.then(|| format!("only the {which} {limit} lines: there are more"));
            let found = Found::Lines(page.lines.into_iter().map(shown).collect());
            return Ok(Output { found, range: shown_range, note, is_forward });
        }
        let step = args.step(range).map_err(Failure::bad_argument)?;
        match reader.query_range(&args.query, range, Some(step), limit, order).await? {
            LogqlResult::Matrix(series) => {
                let found = if args.points { Found::Series(series) } else { Found::Shapes(shapes(series)) };
                let note = Some(format!("one number every {step} s"));
                Ok(Output { found, range: shown_range, note, is_forward })
            }
            _ => Err(Failure::refused("the query returns no range of numbers", "use `loki_query`")),
        }
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        let head = vec![answer.range.clone()].into_iter().chain(answer.note.take()).collect();
        let table = match &mut answer.found {
            Found::Lines(lines) => {
                lines.retain(|line| filter.selects(&line.source, line));
                if answer.is_forward { Table::lines("lines", lines.iter().map(text)) } else { table(lines) }
            }
            Found::Shapes(shapes) => {
                shapes.retain(|one| filter.selects("", one));
                let heading = ["Series", "Min", "Median", "Max", "Last", "Slope/h", "Shape"];
                Table::new("series", &heading, shapes.iter().map(shape_row).collect())
            }
            Found::Series(series) => {
                series.retain(|one| filter.selects("", one));
                Table::new("series", &["Series", "Points"], series.iter().map(points_row).collect())
            }
        };
        Some(Concise::with_head(head).and(table))
    }
}

fn shapes(series: Vec<LogqlSeries>) -> Vec<ShapedSeries> {
    let shaped = |LogqlSeries { labels, points }: LogqlSeries| {
        let samples: Vec<Sample> =
            points.iter().map(|point| Sample { time: point.seconds, value: point.value }).collect();
        Shape::of_samples(&samples).map(|shape| ShapedSeries { labels, shape })
    };
    series.into_iter().filter_map(shaped).collect()
}

fn shape_row(ShapedSeries { labels, shape }: &ShapedSeries) -> Vec<String> {
    let round = |value: f64| format!("{}", (value * 1000.0).round() / 1000.0);
    let slope = shape.slope_per_hour.map_or_else(String::new, round);
    let numbers = [shape.min, shape.median, shape.max, shape.last].map(round);
    [labels_text(labels)].into_iter().chain(numbers).chain([slope, shape.sparkline.clone()]).collect()
}

fn points_row(series: &LogqlSeries) -> Vec<String> {
    let point = |point: &loki::NumberAt| format!("{} {}", point.seconds, point.value);
    vec![labels_text(&series.labels), series.points.iter().map(point).collect::<Vec<_>>().join(", ")]
}
