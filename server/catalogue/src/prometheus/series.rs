//! `prometheus_series`: which series exist.

use std::sync::Arc;

use policy::{Effect, Permit};
use prometheus::{Labels, SeriesFilter};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    render,
    site::{Site, TOOLSET},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_series`.
pub(crate) struct Series;

/// Which series.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// `up{job="a"}`; one has to match
    selectors: Vec<String>,
    /// `30m` ago, or a time (RFC 3339)
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    instance: Option<String>,
}

impl Command for Series {
    type Args = Args;
    type Output = Vec<Labels>;

    const COMMAND: &'static str = "prometheus-series";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_series");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists the series that selectors match.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        series_filter(&args.selectors, &args.since, &args.until).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<Labels>, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let filter = series_filter(&args.selectors, &args.since, &args.until).map_err(Failure::bad_argument)?;
        Ok(site.prometheus()?.series(&filter, site.limit()).await?)
    }

    fn concise(answer: &mut Vec<Labels>, filter: &Filter) -> Option<Concise> {
        answer.retain(|labels| filter.selects("", labels));
        let named = render::name_series(&answer.iter().collect::<Vec<_>>());
        let table = Table::lines("series", named.names);
        Some(match named.common {
            Some(line) => Concise::with_head(vec![line]).and(table),
            None => Concise::table(table, "no series"),
        })
    }
}

/// The series that arguments select.
pub(super) fn series_filter(selectors: &[String], since: &str, until: &str) -> Result<SeriesFilter, String> {
    let now = times::now();
    let (start, end) = (times::time_of("since", since, now)?, times::time_of("until", until, now)?);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err("`until` is before `since`".to_owned());
    }
    Ok(SeriesFilter { selectors: selectors.to_vec(), start, end })
}
