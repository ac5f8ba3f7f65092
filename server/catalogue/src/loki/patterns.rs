//! `loki_patterns`: similar lines as groups, with their variable parts masked.

use std::sync::Arc;

use logs::{LogGroup, LogGroups, LogLevel};
use loki::{LineOrder, LogRange};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    lines::{ServiceLine, counts_text},
    log_source::{ReadLines, Streams, juju_lines, loki, range_text, read_errors},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `loki_patterns`.
pub(crate) struct LokiPatterns;

/// Which lines.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// application
    service: String,
    /// LogQL of lines, instead of `service`
    query: String,
    /// every line, not errors only
    all: bool,
    /// `30m` ago, or a time (RFC 3339)
    #[schemars(extend("default" = "1h"))]
    since: String,
    until: String,
    instance: Option<String>,
}

/// Groups, the largest first.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    groups: Vec<LogGroup>,
    range: String,
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Lines that are grouped at most.
const MAX_LINES: usize = 10_000;
const MAX_GROUPS: usize = 500;
/// Services or units that a row names.
const MAX_NAMED: usize = 3;

impl Args {
    fn streams(&self) -> Streams<'_> {
        Streams { service: &self.service, query: &self.query }
    }
}

impl Command for LokiPatterns {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "loki-patterns";
    const TOOL_NAME: Option<&'static str> = Some("loki_patterns");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Groups similar errors in logs, or all lines, with counts, first and last time.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("groups");

    fn validate(args: &Args) -> Result<(), String> {
        args.streams().validate()?;
        times::range(&args.since, &args.until).map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.streams().entities()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let range = times::range(&args.since, &args.until).map_err(Failure::bad_argument)?;
        let read = read(&args, range, &target).await?;
        let mut groups = LogGroups::new(MAX_GROUPS);
        for line in &read.lines {
            groups.add(&line.line);
        }
        let ungrouped = groups.ungrouped();
        let cut = read.is_cut.then(|| format!("only the newest {MAX_LINES} lines were grouped"));
        let note = cut.or_else(|| (ungrouped > 0).then(|| format!("{ungrouped} lines are in no group")));
        Ok(Output { groups: groups.into_sorted(), range: range_text(range), origin: read.origin, note })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.groups.retain(|group| filter.selects("", group));
        let lines: u64 = answer.groups.iter().map(|group| group.count).sum();
        let mut head =
            vec![format!("{lines} lines in {} groups, {} ({})", answer.groups.len(), answer.range, answer.origin)];
        head.extend(answer.note.take());
        let heading = ["Count", "Level", "First", "Last", "Sources", "Pattern"];
        Some(Concise::with_head(head).and(Table::new("groups", &heading, answer.groups.iter().map(row).collect())))
    }
}

/// The lines to group.
async fn read(args: &Args, range: LogRange, target: &ResolvedTarget) -> Result<ReadLines, Failure> {
    let (streams, instance) = (args.streams(), args.instance.as_deref());
    if !args.all {
        return read_errors(target, instance, &streams, range, MAX_LINES).await;
    }
    let Some(client) = loki(target, instance)? else {
        streams.check_for_juju()?;
        return juju_lines(target, &args.service, "", LogLevel::Trace, range).await;
    };
    let reader = client.reader(target.limiting_model()?);
    let query = streams.to_query(&reader, range).await?;
    let found = reader.lines(&query, range, MAX_LINES, LineOrder::NewestFirst).await?;
    let lines = found.lines.into_iter().map(ServiceLine::from_loki).collect();
    Ok(ReadLines { lines, origin: query, is_cut: found.is_cut })
}

fn row(group: &LogGroup) -> Vec<String> {
    let mut sources: Vec<_> = group.entities.iter().map(|(name, count)| (name.clone(), *count)).collect();
    sources.sort_by_key(|one| std::cmp::Reverse(one.1));
    let others = sources.len().saturating_sub(MAX_NAMED);
    sources.truncate(MAX_NAMED);
    let more = if others > 0 { format!(", +{others}") } else { String::new() };
    let [first, last] = [group.first, group.last].map(times::seconds);
    let sources = counts_text(&sources) + &more;
    vec![group.count.to_string(), group.level.to_string(), first, last, sources, group.pattern.clone()]
}
