//! `prometheus_resource_usage`: use of processors, memory, disks and network, failed requests and latency, with verdict and trend.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::try_join_all;
use policy::{Effect, Permit};
use prometheus::{GroupBy, Resource, TimeUntil, Usage, UsageQuery, UsageRow};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    render,
    site::{Site, TOOLSET},
    times,
};
use crate::{Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table};

/// The tool `prometheus_resource_usage`.
pub(crate) struct ResourceUsage;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Measured {
    /// Processors.
    Cpu,
    /// Memory.
    Memory,
    /// File systems and volumes.
    Disk,
    /// Bytes received and sent.
    Network,
    /// Failed requests.
    ErrorRate,
    /// Duration of requests.
    Latency,
}

/// What values are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// One value.
    Total,
    /// Nodes or machines.
    Node,
    /// Namespaces of Kubernetes.
    Namespace,
    /// Models.
    Model,
    /// Applications or services.
    Application,
}

/// What to measure.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Args {
    /// default: all
    resources: Vec<Measured>,
    #[schemars(extend("default" = "total"))]
    by: Option<By>,
    /// only this node, application, ...
    name: String,
    /// range of the trend
    #[schemars(extend("default" = "1h"))]
    since: String,
    instance: Option<String>,
}

/// A row for each resource and group.
#[derive(Debug, Serialize)]
pub(crate) struct Output {
    rows: Vec<Row>,
    /// The expression of each resource.
    queries: BTreeMap<&'static str, String>,
    /// Why a resource has no row.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    missing: BTreeMap<&'static str, String>,
}

/// The use of a resource by a group.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    resource: Resource,
    unit: &'static str,
    #[serde(flatten)]
    usage: UsageRow,
}

impl Command for ResourceUsage {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "prometheus-resource-usage";
    const TOOL_NAME: Option<&'static str> = Some("prometheus_resource_usage");
    const TOOLSET: &'static str = TOOLSET;
    const DESCRIPTION: &'static str =
        "Shows CPU, memory, disk, network, error rate and latency with verdict, trend and time until full.";
    const SCOPE: Scope = Scope::Backend;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const ROWS_PATH: Option<&'static str> = Some("rows");

    fn validate(args: &Args) -> Result<(), String> {
        if !args.name.is_empty() && matches!(args.by, None | Some(By::Total)) {
            return Err("`name` needs `by`".to_owned());
        }
        times::range(&args.since, "", "", times::now()).map(drop)
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let site = Site::new(&target, args.instance.as_deref())?;
        let range = times::range(&args.since, "", "", times::now()).map_err(Failure::bad_argument)?;
        let client = site.prometheus()?;
        let resources = if args.resources.is_empty() {
            Resource::ALL.to_vec()
        } else {
            args.resources.iter().map(|resource| resource_of(*resource)).collect()
        };
        let queries: Vec<UsageQuery<'_>> = resources
            .into_iter()
            .map(|resource| UsageQuery {
                resource,
                by: group_of(args.by.unwrap_or(By::Total)),
                only: Some(args.name.as_str()).filter(|name| !name.is_empty()),
                end: range.end,
                span: range.end - range.start,
            })
            .collect();
        let thresholds = site.thresholds();
        let found = try_join_all(queries.iter().map(|query| client.usage(query, thresholds, site.limit()))).await?;
        Ok(output(found))
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        answer.rows.retain(|row| filter.selects(&row.usage.name, row));
        let mut head = Vec::new();
        if let Some(worst) = render::worst(answer.rows.iter().filter_map(|row| row.usage.verdict)) {
            head.push(format!("verdict: {worst}"));
        }
        if !answer.missing.is_empty() {
            let names: Vec<&str> = answer.missing.keys().copied().collect();
            head.push(format!("no metrics: {}", names.join(", ")));
        }
        head.extend(answer.queries.iter().map(|(resource, query)| format!("{resource}: {query}")));
        let heading = ["NAME", "RESOURCE", "NOW", "VERDICT", "MAX", "PER HOUR", "CHANGES", "FULL IN", "TREND"];
        let rows = answer.rows.iter().map(cells).collect();
        Some(Concise::with_head(head).and(Table::new("rows", &heading, rows)))
    }
}

fn resource_of(measured: Measured) -> Resource {
    match measured {
        Measured::Cpu => Resource::Cpu,
        Measured::Memory => Resource::Memory,
        Measured::Disk => Resource::Disk,
        Measured::Network => Resource::Network,
        Measured::ErrorRate => Resource::ErrorRate,
        Measured::Latency => Resource::Latency,
    }
}

fn group_of(by: By) -> GroupBy {
    match by {
        By::Total => GroupBy::Total,
        By::Node => GroupBy::Node,
        By::Namespace => GroupBy::Namespace,
        By::Model => GroupBy::Model,
        By::Application => GroupBy::Application,
    }
}

fn output(found: Vec<Usage>) -> Output {
    let mut output = Output { rows: Vec::new(), queries: BTreeMap::new(), missing: BTreeMap::new() };
    for usage in found {
        let Usage { resource, unit, query, rows, missing } = usage;
        match missing {
            Some(reason) => output.missing.insert(resource.word(), reason),
            None => output.queries.insert(resource.word(), query),
        };
        output.rows.extend(rows.into_iter().map(|usage| Row { resource, unit, usage }));
    }
    output
}

fn cells(row: &Row) -> Vec<String> {
    let Row { resource, unit, usage } = row;
    let full = match &usage.time_until_full {
        Some(TimeUntil::Reached { hours, .. }) if *hours >= 48.0 => {
            format!("{} d", render::number((hours / 24.0).round()))
        }
        Some(TimeUntil::Reached { hours, .. }) => format!("{} h", render::number((hours * 10.0).round() / 10.0)),
        _ => String::new(),
    };
    vec![
        usage.name.clone(),
        resource.word().to_owned(),
        render::quantity(usage.value, unit),
        usage.verdict.map(|verdict| verdict.word().to_owned()).unwrap_or_default(),
        render::quantity(usage.trend.max, unit),
        render::slope(&usage.trend),
        render::changes(&usage.trend),
        full,
        usage.trend.sparkline.clone(),
    ]
}
