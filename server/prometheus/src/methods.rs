//! Prometheus and Alertmanager as backends: the methods of a direct query, with the parameters of their APIs.

use backend::{Backend, BackendError, BackendKind, BackendQuery, Condition};
use chrono::Utc;
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use crate::{
    AlertmanagerClient, ModelMatcher, PrometheusClient, Range, SeriesFilter,
    times::{parse_duration, parse_time, seconds_since_1970},
};

const PROMETHEUS_METHODS: &[&str] = &[
    "query",
    "query_range",
    "series",
    "labels",
    "label_values",
    "metadata",
    "exemplars",
    "alerts",
    "rules",
    "targets",
];
const ALERTMANAGER_METHODS: &[&str] = &["alerts", "silences"];

/// The parameters of a direct query.
struct Params<'a>(&'a Map<String, Value>);

impl Params<'_> {
    fn check(&self, known: &[&str]) -> Result<(), BackendError> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(BackendError::Parameters(format!(
                "there is no parameter `{name}`; the parameters are: {}",
                known.join(", ")
            ))),
        }
    }

    fn text(&self, name: &str) -> Result<Option<String>, BackendError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(BackendError::Parameters(format!("`{name}` has to be a text"))),
        }
    }

    fn required(&self, name: &str) -> Result<String, BackendError> {
        self.text(name)?.ok_or_else(|| BackendError::Parameters(format!("the parameter `{name}` is missing")))
    }

    fn time(&self, name: &str) -> Result<Option<f64>, BackendError> {
        let problem = |text: &str| {
            BackendError::Parameters(format!(
                "`{name}` has to be seconds since 1970 or a time of RFC 3339, not: {text}"
            ))
        };
        self.text(name)?.map(|text| parse_time(&text).ok_or_else(|| problem(&text))).transpose()
    }

    fn required_time(&self, name: &str) -> Result<f64, BackendError> {
        self.time(name)?.ok_or_else(|| BackendError::Parameters(format!("the parameter `{name}` is missing")))
    }

    fn range(&self) -> Result<Range, BackendError> {
        let step = self.required("step")?;
        let step = parse_duration(&step)
            .ok_or_else(|| BackendError::Parameters(format!("`step` has to be like 15 or 5m, not: {step}")))?;
        Ok(Range { start: self.required_time("start")?, end: self.required_time("end")?, step })
    }

    fn filter(&self) -> Result<SeriesFilter, BackendError> {
        let selectors = match self.0.get("match[]") {
            None => Vec::new(),
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(_) => return Err(BackendError::Parameters("`match[]` has to be a list of selectors".to_owned())),
        };
        Ok(SeriesFilter { selectors, start: self.time("start")?, end: self.time("end")? })
    }
}

/// The limit that a query states. A UUID that is none hides everything rather than nothing.
fn limit(query: &BackendQuery) -> Result<Option<ModelMatcher>, BackendError> {
    let matcher = |uuid: &String| {
        ModelMatcher::new(uuid).ok_or_else(|| BackendError::Parameters(format!("`{uuid}` is no UUID of a model")))
    };
    query.model_uuid.as_ref().map(matcher).transpose()
}

fn to_json(value: impl serde::Serialize) -> Result<Value, BackendError> {
    serde_json::to_value(value).map_err(|error| BackendError::Parameters(error.to_string()))
}

impl PrometheusClient {
    async fn answer(&self, query: &BackendQuery) -> Result<Value, BackendError> {
        let params = Params(&query.params);
        let limit = limit(query)?;
        let limit = limit.as_ref();
        match query.method.as_str() {
            "query" => {
                params.check(&["query", "time"])?;
                to_json(self.query(&params.required("query")?, params.time("time")?, limit).await?.result)
            }
            "query_range" => {
                params.check(&["query", "start", "end", "step"])?;
                to_json(self.query_range(&params.required("query")?, params.range()?, limit).await?.result)
            }
            "series" => {
                params.check(&["match[]", "start", "end"])?;
                to_json(self.series(&params.filter()?, limit).await?)
            }
            "labels" => {
                params.check(&["match[]", "start", "end"])?;
                to_json(self.label_names(&params.filter()?, limit).await?)
            }
            "label_values" => {
                params.check(&["label", "match[]", "start", "end"])?;
                to_json(self.label_values(&params.required("label")?, &params.filter()?, limit).await?)
            }
            "metadata" => {
                params.check(&["metric"])?;
                to_json(self.metadata(params.text("metric")?.as_deref(), limit).await?)
            }
            "exemplars" => {
                params.check(&["query", "start", "end"])?;
                let end = params.time("end")?.unwrap_or_else(|| seconds_since_1970(Utc::now()));
                let start = params.time("start")?.unwrap_or(end - 3_600.0);
                to_json(self.exemplars(&params.required("query")?, start, end, limit).await?)
            }
            "alerts" => params.check(&[]).and(to_json(json!({"alerts": self.alerts(limit).await?}))),
            "rules" => params.check(&[]).and(to_json(json!({"groups": self.rules(limit).await?}))),
            "targets" => params.check(&[]).and(to_json(json!({"activeTargets": self.targets(limit).await?}))),
            method => Err(unknown_method(BackendKind::Prometheus, method, PROMETHEUS_METHODS)),
        }
    }
}

fn unknown_method(kind: BackendKind, method: &str, known: &'static [&'static str]) -> BackendError {
    BackendError::UnknownMethod { kind, method: method.to_owned(), known }
}

impl Backend for PrometheusClient {
    fn kind(&self) -> BackendKind {
        BackendKind::Prometheus
    }

    fn name(&self) -> &str {
        &self.endpoint().settings().name
    }

    fn capabilities(&self) -> &'static [&'static str] {
        PROMETHEUS_METHODS
    }

    fn condition(&self) -> Condition {
        self.endpoint().condition()
    }

    fn connect(&self) -> BoxFuture<'_, Result<String, BackendError>> {
        Box::pin(self.version())
    }

    fn query<'a>(&'a self, query: &'a BackendQuery) -> BoxFuture<'a, Result<Value, BackendError>> {
        Box::pin(self.answer(query))
    }
}

impl Backend for AlertmanagerClient {
    fn kind(&self) -> BackendKind {
        BackendKind::Alertmanager
    }

    fn name(&self) -> &str {
        &self.endpoint().settings().name
    }

    fn capabilities(&self) -> &'static [&'static str] {
        ALERTMANAGER_METHODS
    }

    fn condition(&self) -> Condition {
        self.endpoint().condition()
    }

    fn connect(&self) -> BoxFuture<'_, Result<String, BackendError>> {
        Box::pin(self.version())
    }

    fn query<'a>(&'a self, query: &'a BackendQuery) -> BoxFuture<'a, Result<Value, BackendError>> {
        Box::pin(async move {
            let limit = limit(query)?;
            Params(&query.params).check(&[])?;
            match query.method.as_str() {
                "alerts" => to_json(self.alerts(limit.as_ref()).await?),
                "silences" => to_json(self.silences(limit.as_ref()).await?),
                method => Err(unknown_method(BackendKind::Alertmanager, method, ALERTMANAGER_METHODS)),
            }
        })
    }
}
