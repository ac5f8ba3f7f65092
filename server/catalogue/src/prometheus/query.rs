//! `prometheus_query`: the value of any `PromQL` expression.

use std::sync::Arc;

use policy::{Effect, Permit};
use prometheus::{QueryResult, VectorElement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    render,
    site::{Site, TOOLSET},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_query`.
pub(crate) struct Query;

/// The expression, and when.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    query: String,
    /// `30m` ago, or a time (RFC 3339)
    #[serde(default)]
    time: String,
    instance: Option<String>,
}

/// The result as Prometheus returns it.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    #[serde(flatten)]
    result: QueryResult,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Command for Query {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "prometheus-query";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_query");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str = "Evaluates PromQL now or at a time.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("result");

    fn validate(args: &Args) -> Result<(), String> {
        times::time_of("time", &args.time, times::now()).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let time = times::time_of("time", &args.time, times::now()).map_err(Failure::bad_argument)?;
        let found = site.prometheus()?.query(&args.query, time, site.limit()).await?;
        Ok(Output { result: found.result, warnings: found.warnings })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        let mut head: Vec<String> = std::mem::take(&mut answer.warnings);
        let rows = match &mut answer.result {
            QueryResult::Scalar(sample) => {
                head.push(render::number(sample.value));
                Vec::new()
            }
            QueryResult::String((_, text)) => {
                head.push(std::mem::take(text));
                Vec::new()
            }
            QueryResult::Vector(elements) => {
                elements.retain(|one| filter.selects("", one));
                let named = render::name_series(&elements.iter().map(|one| &one.metric).collect::<Vec<_>>());
                head.extend(named.common);
                elements.iter().zip(named.names).map(|(one, name)| vec![name, value(one)]).collect()
            }
            // what a selector with a range returns
            QueryResult::Matrix(series) => {
                series.retain(|one| filter.selects("", one));
                let text = |sample: &prometheus::Sample| {
                    format!("{} {}", render::number(sample.value), render::time(sample.time))
                };
                let values = |one: &prometheus::Series| one.values.iter().map(text).collect::<Vec<_>>().join(", ");
                let named = render::name_series(&series.iter().map(|one| &one.metric).collect::<Vec<_>>());
                head.extend(named.common);
                series.iter().zip(named.names).map(|(one, name)| vec![name, values(one)]).collect()
            }
        };
        let table = Table::new("series", &["SERIES", "VALUE"], rows);
        if head.is_empty() {
            return Some(Concise::table(table, "no series"));
        }
        Some(Concise::with_head(head).and(table))
    }
}

fn value(element: &VectorElement) -> String {
    match (&element.value, &element.histogram) {
        (Some(sample), _) => render::number(sample.value),
        (None, Some((_, histogram))) => format!("histogram: {} observations, sum {}", histogram.count, histogram.sum),
        (None, None) => String::new(),
    }
}
