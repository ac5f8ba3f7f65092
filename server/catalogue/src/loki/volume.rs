//! `loki_volume`: how many bytes of logs there are, by label.

use std::sync::Arc;

use loki::StreamLabels;
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{log_source::reader, query::labels_text, times};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `loki_volume`.
pub(crate) struct LokiVolume;

/// Which streams.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// only of these streams, `{app="web"}`
    query: String,
    /// labels to group by; default: the application, or the service
    by: Vec<String>,
    /// `30m` ago, or a time (RFC 3339)
    #[schemars(extend("default" = "1h"))]
    since: String,
    until: String,
    instance: Option<String>,
}

/// Bytes of the streams with the same labels.
#[derive(Debug, Serialize)]
pub(crate) struct Volume {
    labels: StreamLabels,
    bytes: u64,
}

/// Groups at most.
const MAX_GROUPS: usize = 500;

impl Command for LokiVolume {
    type Args = Args;
    type Output = Vec<Volume>;

    const COMMAND: &'static str = "loki-volume";
    const TOOL_NAME: Option<&'static str> = Some("loki_volume");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Shows which services write the most logs, in bytes.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        times::range(&args.since, &args.until).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let reader = reader(&target, args.instance.as_deref())?;
        let range = times::range(&args.since, &args.until).map_err(Failure::bad_argument)?;
        let selector = if args.query.is_empty() { reader.every_stream(range).await? } else { args.query };
        let mut by = args.by;
        if by.is_empty() {
            let names = reader.label_names(None, range).await?;
            let usual =
                ["juju_application", "service_name"].into_iter().filter(|name| names.iter().any(|one| one == name));
            by.extend(usual.take(1).map(str::to_owned));
        }
        let volumes = reader.volume(&selector, range, &by, MAX_GROUPS).await?;
        let bytes = |value: f64| format!("{value:.0}").parse().unwrap_or_default();
        Ok(volumes.into_iter().map(|one| Volume { labels: one.labels, bytes: bytes(one.point.value) }).collect())
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|one| filter.selects("", one));
        answer.sort_by_key(|one| std::cmp::Reverse(one.bytes));
        let head = format!("{} bytes in all", answer.iter().map(|one| one.bytes).sum::<u64>());
        let row = |one: &Volume| vec![labels_text(&one.labels), one.bytes.to_string()];
        let rows = answer.iter().map(row).collect();
        Some(Concise::with_head(vec![head]).and(Table::new("volumes", &["Streams", "Bytes"], rows)))
    }
}
