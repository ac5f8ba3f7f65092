//! [`PrometheusClient`]: the requests to Prometheus' HTTP API, each limited to a model where the caller is.

use std::collections::{BTreeMap, BTreeSet};

use backend::{BackendError, HttpEndpoint};
use serde::de::DeserializeOwned;

use crate::{
    Alert, Labels, Limit, Metadata, Queried, QueryResult, RuleGroup, SeriesExemplars, Target,
    answer::{Alerts, BuildInfo, Envelope, Rules, TargetMetadata, Targets},
    bind, number_text,
    visible::{keep_alerts, keep_rules, keep_targets},
};

/// Values of a series that a range may have, as Prometheus limits it too.
pub const MAX_POINTS: u32 = 11_000;

/// A client of one Prometheus, or of a server with its API.
#[derive(Debug, Clone)]
pub struct PrometheusClient {
    endpoint: HttpEndpoint,
}

/// A range of time with a step, in seconds (since 1970).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// First time.
    pub start: f64,
    /// Last time.
    pub end: f64,
    /// Seconds between two values.
    pub step: f64,
}

impl Range {
    /// Checks its order and the number of values.
    ///
    /// # Errors
    /// [`BackendError::Parameters`].
    pub fn check(&self) -> Result<(), BackendError> {
        let fail = |problem: String| Err(BackendError::Parameters(problem));
        if self.start > self.end {
            return fail("the range ends before it starts".to_owned());
        }
        if self.step.is_nan() || self.step <= 0.0 {
            return fail("the step has to be more than 0".to_owned());
        }
        if (self.end - self.start) / self.step >= f64::from(MAX_POINTS) {
            return fail(format!(
                "the range has more than {MAX_POINTS} steps; choose a longer step or a shorter range"
            ));
        }
        Ok(())
    }
}

/// Which series: selectors, and the time in which they have values.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeriesFilter {
    /// Selectors; a series has to match one of them.
    pub selectors: Vec<String>,
    /// First time.
    pub start: Option<f64>,
    /// Last time.
    pub end: Option<f64>,
}

type Params = Vec<(&'static str, String)>;

impl PrometheusClient {
    /// A client of the API at this endpoint, the URL of which ends with `/api/v1`.
    #[must_use]
    pub fn new(endpoint: HttpEndpoint) -> Self {
        Self { endpoint }
    }

    pub(crate) fn endpoint(&self) -> &HttpEndpoint {
        &self.endpoint
    }

    /// The version of the server, and whether it answers.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn version(&self) -> Result<String, BackendError> {
        let found = self.get::<BuildInfo>("/status/buildinfo", Vec::new()).await;
        let version = match found {
            Ok(envelope) => envelope.data.version,
            // servers with Prometheus' API need not have this path
            Err(BackendError::Refused { status: 404, .. }) => {
                self.query("1", None, None).await?;
                "unknown".to_owned()
            }
            Err(error) => return Err(error),
        };
        self.endpoint.set_version(&version);
        Ok(version)
    }

    /// The value of an expression at a time, or now.
    ///
    /// # Errors
    /// [`BackendError`], with Prometheus' own words and place for what is wrong in the query.
    pub async fn query(&self, query: &str, time: Option<f64>, limit: Limit<'_>) -> Result<Queried, BackendError> {
        let time = time.map(|time| ("time", number_text(time)));
        self.evaluate("/query", query, time.into_iter().collect(), limit).await
    }

    /// The values of an expression over a range.
    ///
    /// # Errors
    /// [`BackendError`], with Prometheus' own words and place for what is wrong in the query.
    pub async fn query_range(&self, query: &str, range: Range, limit: Limit<'_>) -> Result<Queried, BackendError> {
        range.check()?;
        let params = vec![
            ("start", number_text(range.start)),
            ("end", number_text(range.end)),
            ("step", number_text(range.step)),
        ];
        self.evaluate("/query_range", query, params, limit).await
    }

    async fn evaluate(
        &self,
        path: &str,
        query: &str,
        mut params: Params,
        limit: Limit<'_>,
    ) -> Result<Queried, BackendError> {
        params.push(("query", self.limited(query, limit).await?));
        params.push(("timeout", format!("{}ms", self.endpoint.settings().timeout.as_millis())));
        match self.post::<QueryResult>(path, params).await {
            Ok(Envelope { data, warnings, .. }) => Ok(Queried { result: data, warnings }),
            // places in the query that was sent are not those of the query that the caller wrote
            Err(error @ BackendError::Refused { status: 400, .. }) if limit.is_some() => {
                Err(self.own_error(query).await.unwrap_or(error))
            }
            Err(error) => Err(error),
        }
    }

    /// The query with the matcher of the model in every selector. What cannot be read is refused, in Prometheus' words where it
    /// cannot read it either.
    async fn limited(&self, query: &str, limit: Limit<'_>) -> Result<String, BackendError> {
        let Some(matcher) = limit else { return Ok(query.to_owned()) };
        match bind(query, matcher) {
            Ok(bound) => Ok(bound),
            Err(error) => Err(self.own_error(query).await.unwrap_or_else(|| {
                BackendError::Parameters(format!(
                    "the query cannot be limited to the model `{}`: {error}",
                    matcher.uuid()
                ))
            })),
        }
    }

    /// What the server itself finds wrong in a query, without evaluating it.
    async fn own_error(&self, query: &str) -> Option<BackendError> {
        let params = vec![("query", query.to_owned())];
        let result = self.post::<String>("/format_query", params).await;
        result.err().filter(|error| matches!(error, BackendError::Refused { status: 400, .. }))
    }

    /// The labels of series.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn series(&self, filter: &SeriesFilter, limit: Limit<'_>) -> Result<Vec<Labels>, BackendError> {
        Ok(self.post("/series", self.filter_params(filter, limit).await?).await?.data)
    }

    /// The names of labels of series.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn label_names(&self, filter: &SeriesFilter, limit: Limit<'_>) -> Result<Vec<String>, BackendError> {
        Ok(self.post("/labels", self.filter_params(filter, limit).await?).await?.data)
    }

    /// The values of a label of series.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn label_values(
        &self,
        label: &str,
        filter: &SeriesFilter,
        limit: Limit<'_>,
    ) -> Result<Vec<String>, BackendError> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if label.is_empty() || !label.chars().all(plain) {
            return Err(BackendError::Parameters(format!("`{label}` is no name of a label")));
        }
        let params = self.filter_params(filter, limit).await?;
        Ok(self.get(&format!("/label/{label}/values"), params).await?.data)
    }

    async fn filter_params(&self, filter: &SeriesFilter, limit: Limit<'_>) -> Result<Params, BackendError> {
        let mut params = Params::new();
        for selector in &filter.selectors {
            params.push(("match[]", self.limited(selector, limit).await?));
        }
        if let (true, Some(matcher)) = (filter.selectors.is_empty(), limit) {
            params.push(("match[]", matcher.selector()));
        }
        params.extend(filter.start.map(|time| ("start", number_text(time))));
        params.extend(filter.end.map(|time| ("end", number_text(time))));
        Ok(params)
    }

    /// What metrics are, by name: one of them, or all.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn metadata(
        &self,
        metric: Option<&str>,
        limit: Limit<'_>,
    ) -> Result<BTreeMap<String, Vec<Metadata>>, BackendError> {
        let mut params: Params = metric.map(|metric| ("metric", metric.to_owned())).into_iter().collect();
        // `/metadata` mixes the targets of all models
        let Some(matcher) = limit else { return Ok(self.get("/metadata", params).await?.data) };
        params.push(("match_target", matcher.selector()));
        let found: Vec<TargetMetadata> = match self.get("/targets/metadata", params).await {
            Ok(envelope) => envelope.data,
            // how older servers state that no target matches
            Err(BackendError::Refused { status: 404, .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut by_name: BTreeMap<String, BTreeSet<Metadata>> = BTreeMap::new();
        for one in found {
            let name = if one.metric.is_empty() { metric.unwrap_or_default().to_owned() } else { one.metric };
            by_name.entry(name).or_default().insert(one.metadata);
        }
        Ok(by_name.into_iter().map(|(name, kinds)| (name, kinds.into_iter().collect())).collect())
    }

    /// The exemplars of the series in an expression.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn exemplars(
        &self,
        query: &str,
        start: f64,
        end: f64,
        limit: Limit<'_>,
    ) -> Result<Vec<SeriesExemplars>, BackendError> {
        let query = self.limited(query, limit).await?;
        let params = vec![("query", query), ("start", number_text(start)), ("end", number_text(end))];
        Ok(self.post("/query_exemplars", params).await?.data)
    }

    /// The active alerts.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn alerts(&self, limit: Limit<'_>) -> Result<Vec<Alert>, BackendError> {
        let Alerts { mut alerts } = self.get("/alerts", Vec::new()).await?.data;
        keep_alerts(&mut alerts, limit);
        Ok(alerts)
    }

    /// The rules with their active alerts.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn rules(&self, limit: Limit<'_>) -> Result<Vec<RuleGroup>, BackendError> {
        let Rules { mut groups } = self.get("/rules", Vec::new()).await?.data;
        keep_rules(&mut groups, limit);
        Ok(groups)
    }

    /// The targets that are scraped.
    ///
    /// # Errors
    /// [`BackendError`].
    pub async fn targets(&self, limit: Limit<'_>) -> Result<Vec<Target>, BackendError> {
        let params = vec![("state", "active".to_owned())];
        let Targets { active_targets: mut targets } = self.get("/targets", params).await?.data;
        keep_targets(&mut targets, limit);
        Ok(targets)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, params: Params) -> Result<Envelope<T>, BackendError> {
        self.endpoint.get_json(path, &params).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, params: Params) -> Result<Envelope<T>, BackendError> {
        self.endpoint.post_form(path, &params).await
    }
}
