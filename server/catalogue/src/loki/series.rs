//! `loki_series`: the streams that selectors select, by their labels.

use std::sync::Arc;

use loki::StreamLabels;
use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{log_source::reader, query::labels_text, times};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `loki_series`.
pub(crate) struct LokiSeries;

/// Which streams.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// selectors, `{app="web"}`; default: every stream
    #[serde(rename = "match")]
    selectors: Vec<String>,
    /// `30m` ago, or a time (RFC 3339)
    #[schemars(extend("default" = "1h"))]
    since: String,
    until: String,
    instance: Option<String>,
}

impl Command for LokiSeries {
    type Args = Args;
    type Output = Vec<StreamLabels>;

    const COMMAND: &'static str = "loki-series";
    const TOOL_NAME: Option<&'static str> = Some("loki_series");
    const TOOLSET: &'static str = "loki";
    const DESCRIPTION: &'static str = "Lists streams of logs by their labels.";
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
        let mut selectors = args.selectors;
        if selectors.is_empty() {
            selectors.push(reader.every_stream(range).await?);
        }
        Ok(reader.series(&selectors, range).await?)
    }

    fn concise(answer: &mut Self::Output, filter: &Filter) -> Option<Concise> {
        answer.retain(|labels| filter.selects("", labels));
        Some(Concise::table(Table::lines("streams", answer.iter().map(labels_text)), "none in this range"))
    }
}
