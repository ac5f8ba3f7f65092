//! `loki_query`: LogQL at one time.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use loki::{LineOrder, LogRange, LogqlResult, LogqlSample, NumberAt, StreamLabels};
use policy::{Effect, EntityKind, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    lines::{ShownLine, shown, table},
    log_source::{is_log_query, reader},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `loki_query`.
pub(crate) struct LokiQuery;

/// The query.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// LogQL
    #[schemars(required)]
    query: String,
    /// `30m` ago, or a time (RFC 3339)
    time: String,
    instance: Option<String>,
}

/// Numbers, or the lines of the hour before the time.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Output {
    Lines(Vec<ShownLine>),
    Series(Vec<LogqlSample>),
}

/// Lines at most.
const MAX_LINES: usize = 1_000;

impl Command for LokiQuery {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "loki-query";
    const TOOL_NAME: Option<&'static str> = Some("loki_query");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Runs LogQL at one time: numbers, or the lines of the hour before.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["query"];
    const ROWS_PATH: Option<&'static str> = Some("lines|series");

    fn validate(args: &Args) -> Result<(), String> {
        if args.query.trim().is_empty() {
            return Err("`query` has to be LogQL such as {juju_application=\"web\"} |= \"error\"".to_owned());
        }
        times::time("time", &args.time, Utc::now()).map(drop)
    }

    fn target_entities(_: &Args) -> Vec<TargetEntity> {
        vec![TargetEntity::All(EntityKind::Application)]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let reader = reader(&target, args.instance.as_deref())?;
        let now = Utc::now();
        let time = times::time("time", &args.time, now).map_err(Failure::bad_argument)?.unwrap_or(now);
        if is_log_query(&args.query) {
            // Loki answers a query of lines over a range only
            let range = LogRange::before(time, TimeDelta::hours(1));
            let found = reader.lines(&args.query, range, MAX_LINES, LineOrder::NewestFirst).await?;
            return Ok(Output::Lines(found.lines.into_iter().map(shown).collect()));
        }
        match reader.query(&args.query, time).await? {
            LogqlResult::Vector(series) => Ok(Output::Series(series)),
            LogqlResult::Scalar(point) => Ok(Output::Series(vec![LogqlSample { labels: StreamLabels::new(), point }])),
            LogqlResult::Matrix(_) | LogqlResult::Streams(_) => {
                Err(Failure::refused("the query returns a range", "use `loki_query_range`"))
            }
        }
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        match answer {
            Output::Lines(lines) => {
                lines.retain(|line| filter.selects(&line.source, line));
                Some(Concise::table(table(lines), "no such lines"))
            }
            Output::Series(series) => {
                series.retain(|one| filter.selects("", one));
                series.sort_by(|one, other| other.point.value.total_cmp(&one.point.value));
                let row = |one: &LogqlSample| vec![labels_text(&one.labels), number(one.point)];
                let rows = series.iter().map(row).collect();
                Some(Concise::table(Table::new("series", &["Series", "Value"], rows), "no series"))
            }
        }
    }
}

/// Labels as LogQL writes them.
pub(super) fn labels_text(labels: &StreamLabels) -> String {
    let part = |(name, value): (&String, &String)| format!("{name}={}", loki::quote(value));
    format!("{{{}}}", labels.iter().map(part).collect::<Vec<_>>().join(", "))
}

fn number(point: NumberAt) -> String {
    point.value.to_string()
}
