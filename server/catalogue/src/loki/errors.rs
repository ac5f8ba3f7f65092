//! `loki_errors`: errors in logs by service and category, since when.

use std::sync::Arc;

use loki::{ErrorGroup, ErrorReport};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    log_source::{Streams, range_text, read_errors},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `loki_errors`.
pub(crate) struct LokiErrors;

/// Which lines.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
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

/// Errors, the most frequent group first.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    total: u64,
    groups: Vec<ErrorGroup>,
    range: String,
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Lines that are examined at most.
const MAX_LINES: usize = 10_000;

impl Args {
    fn streams(&self) -> Streams<'_> {
        Streams { service: &self.service, query: &self.query }
    }
}

impl Command for LokiErrors {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "loki-errors";
    const TOOL_NAME: Option<&'static str> = Some("loki_errors");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Counts errors in logs by service and category, with onset.";
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
        let read = read_errors(&target, args.instance.as_deref(), &args.streams(), range, MAX_LINES).await?;
        let mut report = ErrorReport::default();
        for line in &read.lines {
            report.add(&line.service, &line.line);
        }
        let (total, ungrouped) = (report.total(), report.ungrouped());
        let cut = read.is_cut.then(|| format!("only the newest {MAX_LINES} lines that may be errors were examined"));
        let note = cut.or_else(|| (ungrouped > 0).then(|| format!("{ungrouped} errors are in no group")));
        let groups = report.into_groups(range.length());
        Ok(Output { total, groups, range: range_text(range), origin: read.origin, note })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.groups.retain(|group| filter.selects(&group.service, group));
        let shown: u64 = answer.groups.iter().map(|group| group.count).sum();
        let mut head = vec![format!("{shown} of {} errors, {} ({})", answer.total, answer.range, answer.origin)];
        head.extend(answer.note.take());
        let heading = ["Service", "Count", "Category", "Onset", "First", "Last", "Pattern"];
        let rows = answer.groups.iter().map(row).collect();
        Some(Concise::with_head(head).and(Table::new("groups", &heading, rows)))
    }
}

fn row(group: &ErrorGroup) -> Vec<String> {
    let others = group.patterns.len().saturating_sub(1);
    let first = group.patterns.first().map_or("", |group| group.pattern.as_str());
    let pattern = if others == 0 { first.to_owned() } else { format!("{first} (+{others})") };
    let [onset, first, last] = [group.onset, group.first, group.last].map(times::seconds);
    vec![group.service.clone(), group.count.to_string(), group.category.clone(), onset, first, last, pattern]
}
