//! Use of resources: which expression measures what, for what kind of thing, and what its values mean.

mod expressions;
mod measured;

use std::collections::BTreeSet;

use backend::BackendError;
use serde::Serialize;

use crate::{Labels, Limit, PrometheusClient, QueryResult, Range, Series, Shape, Thresholds, TimeUntil, Verdict};
pub use measured::{GroupBy, Resource};

use expressions::{Expression, expressions, labels_of};

/// Steps of the range that a trend is read from.
const TREND_STEPS: f64 = 60.0;
/// Shortest step, in seconds.
const MIN_STEP: f64 = 15.0;

/// What to measure.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageQuery<'a> {
    /// The resource.
    pub resource: Resource,
    /// The groups.
    pub by: GroupBy,
    /// Only the group of this name.
    pub only: Option<&'a str>,
    /// Last time, in seconds since 1970.
    pub end: f64,
    /// Seconds before it from which a trend is read.
    pub span: f64,
}

/// The use of a resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Usage {
    /// The resource.
    pub resource: Resource,
    /// `%`, `cores`, `bytes`, `bytes/s` or `s`.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub unit: &'static str,
    /// The expression that the values are of.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// A row for each group, the largest value first.
    pub rows: Vec<UsageRow>,
    /// Why there is no row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// The use of a resource by one group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UsageRow {
    /// Name of the group; `total` where there is only one.
    pub name: String,
    /// Its value now.
    pub value: f64,
    /// How it compares with the thresholds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Its values over the range.
    pub trend: Shape,
    /// When it is full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_until_full: Option<TimeUntil>,
}

impl PrometheusClient {
    /// Measures the use of a resource with the first expression that has values.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn usage(
        &self,
        query: &UsageQuery<'_>,
        thresholds: &Thresholds,
        limit: Limit<'_>,
    ) -> Result<Usage, BackendError> {
        let candidates = expressions(query.resource, query.by);
        let metrics = self.existing(&candidates, query.end, limit).await?;
        let range =
            Range { start: query.end - query.span, end: query.end, step: (query.span / TREND_STEPS).max(MIN_STEP) };
        for expression in candidates.iter().filter(|expression| metrics.contains(expression.metric)) {
            for labels in labels_of(query.by) {
                let promql = expression.promql(labels, query.only);
                let QueryResult::Matrix(series) = self.query_range(&promql, range, limit).await?.result else {
                    continue;
                };
                let unit = expression.unit;
                let rows = series.iter().filter_map(|series| row(series, labels, unit, query, thresholds));
                let mut rows: Vec<UsageRow> = rows.collect();
                if rows.is_empty() {
                    continue;
                }
                rows.sort_by(|a, b| b.value.total_cmp(&a.value));
                return Ok(Usage { resource: query.resource, unit, query: promql, rows, missing: None });
            }
        }
        let looked_for: BTreeSet<&str> = candidates.iter().map(|expression| expression.metric).collect();
        let looked_for = looked_for.into_iter().collect::<Vec<_>>().join(", ");
        let missing = Some(format!("none of these metrics has values here: {looked_for}"));
        Ok(Usage { resource: query.resource, unit: "", query: String::new(), rows: Vec::new(), missing })
    }

    /// Which of the metrics of these expressions exist.
    async fn existing(
        &self,
        candidates: &[Expression],
        time: f64,
        limit: Limit<'_>,
    ) -> Result<BTreeSet<String>, BackendError> {
        let names: BTreeSet<&str> = candidates.iter().map(|expression| expression.metric).collect();
        let names = names.into_iter().collect::<Vec<_>>().join("|");
        let promql = format!("count by (__name__) ({{__name__=~\"{names}\"}})");
        let QueryResult::Vector(found) = self.query(&promql, Some(time), limit).await?.result else {
            return Ok(BTreeSet::new());
        };
        Ok(found.into_iter().filter_map(|mut one| one.metric.remove("__name__")).collect())
    }
}

fn row(
    series: &Series,
    labels: &[&str],
    unit: &str,
    query: &UsageQuery<'_>,
    thresholds: &Thresholds,
) -> Option<UsageRow> {
    let trend = Shape::of_samples(&series.values)?;
    // a group that has no value at the end has no value now
    let last =
        series.values.last().filter(|sample| query.end - sample.time < MIN_STEP.max(query.span / TREND_STEPS))?;
    let time_until_full = query.resource.fills(unit).then(|| TimeUntil::of_samples(&series.values, 100.0));
    Some(UsageRow {
        name: name_of(&series.metric, labels),
        value: last.value,
        verdict: query.resource.verdict(unit, last.value, thresholds),
        trend,
        time_until_full,
    })
}

/// The values of the labels that a group is made by; Juju's `model.application`.
fn name_of(metric: &Labels, labels: &[&str]) -> String {
    let values: Vec<&str> = labels.iter().filter_map(|label| metric.get(*label)).map(String::as_str).collect();
    if values.is_empty() { "total".to_owned() } else { values.join(".") }
}
