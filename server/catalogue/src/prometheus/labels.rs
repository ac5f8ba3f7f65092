//! `prometheus_labels`: names of labels, or the values of one.

use std::sync::Arc;

use policy::{Effect, Permit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    series::series_filter,
    site::{Site, TOOLSET},
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_labels`.
pub(crate) struct Labels;

/// Which label, of which series.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// its values; `__name__` for metrics
    label: String,
    /// `up{job="a"}`
    selectors: Vec<String>,
    /// `30m` ago, or a time (RFC 3339)
    since: String,
    until: String,
    instance: Option<String>,
}

impl Command for Labels {
    type Args = Args;
    type Output = Vec<String>;

    const COMMAND: &'static str = "prometheus-labels";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_labels");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Lists names of labels, or the values of one.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("");

    fn validate(args: &Args) -> Result<(), String> {
        series_filter(&args.selectors, &args.since, &args.until).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Vec<String>, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let filter = series_filter(&args.selectors, &args.since, &args.until).map_err(Failure::bad_argument)?;
        let client = site.prometheus()?;
        Ok(match args.label.as_str() {
            "" => client.label_names(&filter, site.limit()).await?,
            label => client.label_values(label, &filter, site.limit()).await?,
        })
    }

    fn concise(answer: &mut Vec<String>, filter: &Filter) -> Option<Concise> {
        answer.retain(|value| filter.selects(value, &()));
        Some(Concise::table(Table::lines("values", answer.iter().cloned()), "nothing matches"))
    }
}
