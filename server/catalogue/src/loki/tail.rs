//! `loki_tail`: lines as they arrive, each as progress of the call.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use loki::{LineFilter, LogRange};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{
    lines::{ShownLine, shown, table, text},
    log_source::{Streams, reader},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope};

/// The tool `loki_tail`.
pub(crate) struct TailLoki;

/// Which lines, and how long.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// application
    service: String,
    /// LogQL of lines, instead of `service`
    query: String,
    /// only lines with this text, in any case
    text: String,
    /// end after so many
    #[schemars(extend("default" = 100))]
    lines: Option<u16>,
    /// end after so long
    #[schemars(extend("default" = 30))]
    seconds: Option<u16>,
    instance: Option<String>,
}

/// The lines that arrived, the oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    lines: Vec<ShownLine>,
    query: String,
    /// Why the tail has ended.
    ended: String,
    #[serde(skip_serializing_if = "is_zero")]
    dropped: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

const DEFAULT_LINES: u16 = 100;
const MAX_LINES: u16 = 1_000;
const DEFAULT_SECONDS: u16 = 30;
const MAX_SECONDS: u16 = 600;

impl Args {
    fn streams(&self) -> Streams<'_> {
        Streams { service: &self.service, query: &self.query }
    }
}

impl Command for TailLoki {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "loki-tail";
    const TOOL_NAME: Option<&'static str> = Some("loki_tail");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Follows log lines as they arrive, as progress, until a number or a time.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("lines");
    // the arguments limit them
    const DEFAULT_ROWS: usize = usize::MAX;

    fn validate(args: &Args) -> Result<(), String> {
        if args.lines.is_some_and(|lines| !(1..=MAX_LINES).contains(&lines)) {
            return Err(format!("`lines` has to be from 1 to {MAX_LINES}"));
        }
        if args.seconds.is_some_and(|seconds| !(1..=MAX_SECONDS).contains(&seconds)) {
            return Err(format!("`seconds` has to be from 1 to {MAX_SECONDS}"));
        }
        args.streams().validate()
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        args.streams().entities()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let reader = reader(&target, args.instance.as_deref())?;
        let start = Utc::now();
        // a service that has been silent for a day is unknown
        let range = LogRange::before(start, chrono::TimeDelta::days(1));
        let mut query = args.streams().to_query(&reader, range).await?;
        if !args.text.is_empty() {
            query = format!("{query}\n{}", LineFilter::TextInAnyCase(args.text.clone()).to_logql());
        }
        let limit = usize::from(args.lines.unwrap_or(DEFAULT_LINES));
        let seconds = args.seconds.unwrap_or(DEFAULT_SECONDS);
        let end = Instant::now() + Duration::from_secs(u64::from(seconds));
        let mut tail = reader.tail(&query, start).await?;
        target.report(0.0, None, format!("following {query}"));
        let mut output = Output { lines: Vec::new(), query, ended: String::new(), dropped: 0 };
        while output.ended.is_empty() {
            let Ok(arrived) = tokio::time::timeout_at(end, tail.next()).await else {
                output.ended = format!("after {seconds} s");
                break;
            };
            let Some(arrived) = arrived? else {
                "by Loki".clone_into(&mut output.ended);
                break;
            };
            output.dropped += arrived.dropped;
            for line in arrived.lines.into_iter().map(shown) {
                if output.lines.len() >= limit {
                    break;
                }
                output.lines.push(line);
                let done = u32::try_from(output.lines.len()).unwrap_or(u32::MAX);
                target.report(f64::from(done), None, output.lines.last().map(text).unwrap_or_default());
            }
            if output.lines.len() >= limit {
                output.ended = format!("after {limit} lines");
            }
        }
        Ok(output)
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.lines.retain(|line| filter.selects(&line.source, line));
        let mut head = vec![format!("{} lines of {}; ended {}", answer.lines.len(), answer.query, answer.ended)];
        if answer.dropped > 0 {
            head.push(format!("Loki has dropped {} lines that came too fast", answer.dropped));
        }
        Some(Concise::with_head(head).and(table(&answer.lines)))
    }
}
