//! `loki_search`: lines with a text, counted by service.

use std::sync::Arc;

use logs::LogLevel;
use loki::{LineFilter, LineOrder, LogRange};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    lines::{ServiceLine, ShownLine, counts, counts_text, table},
    log_source::{ReadLines, Streams, juju_lines, loki, range_text},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `loki_search`.
pub(crate) struct LokiSearch;

/// What to look for.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// in any case
    text: String,
    /// RE2, instead of `text`
    regex: String,
    case_sensitive: bool,
    /// application
    service: String,
    /// LogQL of lines, instead of `service`
    query: String,
    /// `30m` ago, or a time (RFC 3339)
    #[schemars(extend("default" = "1h"))]
    since: String,
    until: String,
    instance: Option<String>,
}

/// Lines, the oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    total: usize,
    /// Lines by service.
    services: Vec<(String, u64)>,
    lines: Vec<ShownLine>,
    range: String,
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Lines that are counted at most.
const MAX_LINES: usize = 5_000;

impl Args {
    fn streams(&self) -> Streams<'_> {
        Streams { service: &self.service, query: &self.query }
    }

    fn filter(&self) -> Option<LineFilter> {
        match (self.text.as_str(), self.regex.as_str(), self.case_sensitive) {
            ("", "", _) => None,
            ("", regex, true) => Some(LineFilter::Regex(regex.to_owned())),
            ("", regex, false) => Some(LineFilter::Regex(format!("(?i:{regex})"))),
            (text, _, true) => Some(LineFilter::Text(text.to_owned())),
            (text, _, false) => Some(LineFilter::TextInAnyCase(text.to_owned())),
        }
    }
}

impl Command for LokiSearch {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "loki-search";
    const TOOL_NAME: Option<&'static str> = Some("loki_search");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Finds log lines by text or regular expression, counted by service.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("lines");
    const DEFAULT_ROWS: usize = 20;

    fn validate(args: &Args) -> Result<(), String> {
        args.streams().validate()?;
        if !args.text.is_empty() && !args.regex.is_empty() {
            return Err("`text` excludes `regex`".to_owned());
        }
        if args.filter().is_none() && args.service.is_empty() && args.query.is_empty() {
            return Err("`text`, `regex`, `service` or `query` has to be given".to_owned());
        }
        times::range(&args.since, &args.until).map(drop)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.streams().entities()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let range = times::range(&args.since, &args.until).map_err(Failure::bad_argument)?;
        let read = read(&args, range, &target).await?;
        let services = counts(read.lines.iter().map(|line| line.service.as_str()));
        let lines: Vec<_> = read.lines.iter().map(ServiceLine::shown).collect();
        let note = read.is_cut.then(|| format!("only the newest {} lines are counted", lines.len()));
        Ok(Output { total: lines.len(), services, lines, range: range_text(range), origin: read.origin, note })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.lines.retain(|line| filter.selects(&line.source, line));
        let services = counts_text(&answer.services);
        let separator = if services.is_empty() { "" } else { ": " };
        let found = format!("{} lines{separator}{services}", answer.total);
        let mut head = vec![found, format!("{} ({})", answer.range, answer.origin)];
        head.extend(answer.note.take());
        Some(Concise::with_head(head).and(table(&answer.lines)))
    }
}

async fn read(args: &Args, range: LogRange, target: &ResolvedTarget) -> Result<ReadLines, Failure> {
    let streams = args.streams();
    let Some(client) = loki(target, args.instance.as_deref())? else {
        streams.check_for_juju()?;
        if !args.regex.is_empty() {
            let problem = "no Loki is configured, and Juju's own log takes no regular expression";
            return Err(Failure::refused(problem, "give `text` instead of `regex`"));
        }
        let mut read = juju_lines(target, &args.service, &args.text, LogLevel::Trace, range).await?;
        read.lines.retain(|line| !args.case_sensitive || line.line.message.contains(&args.text));
        return Ok(read);
    };
    let reader = client.reader(target.limiting_model()?);
    let mut query = streams.to_query(&reader, range).await?;
    if let Some(filter) = args.filter() {
        // in a line of its own: the query can end with a comment
        query = format!("{query}{}{}", if args.query.is_empty() { " " } else { "\n" }, filter.to_logql());
    }
    let found = reader.lines(&query, range, MAX_LINES, LineOrder::NewestFirst).await?;
    let lines = found.lines.into_iter().map(ServiceLine::from_loki).collect();
    Ok(ReadLines { lines, origin: query, is_cut: found.is_cut })
}
