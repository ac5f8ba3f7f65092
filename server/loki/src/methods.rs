//! The methods of Loki that a query in its own terms can name: a table of paths and parameters.

use backend::{Backend, BackendError, BackendKind, BackendQuery, Condition};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{LogRange, LokiClient, LokiReader, client::check_label};

/// Names of the methods, in the order of [`METHODS`].
const NAMES: [&str; 8] =
    ["query", "query_range", "labels", "label_values", "series", "volume", "patterns", "detected_fields"];

/// The range of labels, as at Loki.
const DEFAULT_RANGE: TimeDelta = TimeDelta::hours(6);

/// A method: its path, the parameter with its query, the others.
struct Method {
    name: &'static str,
    path: &'static str,
    query: Option<&'static str>,
    params: &'static [&'static str],
    /// Whether the parameters go into the body, because a query can be long.
    is_form: bool,
}

const METHODS: [Method; 6] = [
    Method {
        name: "query",
        path: "/query",
        query: Some("query"),
        params: &["time", "limit", "direction"],
        is_form: true,
    },
    Method {
        name: "query_range",
        path: "/query_range",
        query: Some("query"),
        params: &["start", "end", "since", "limit", "step", "interval", "direction"],
        is_form: true,
    },
    Method { name: "series", path: "/series", query: Some("match"), params: &["start", "end", "since"], is_form: true },
    Method {
        name: "volume",
        path: "/index/volume",
        query: Some("query"),
        params: &["start", "end", "since", "limit", "targetLabels", "aggregateBy"],
        is_form: false,
    },
    Method {
        name: "patterns",
        path: "/patterns",
        query: Some("query"),
        params: &["start", "end", "since", "step"],
        is_form: false,
    },
    Method {
        name: "detected_fields",
        path: "/detected_fields",
        query: Some("query"),
        params: &["start", "end", "since", "limit", "line_limit"],
        is_form: false,
    },
];

/// The version that Loki reports.
#[derive(Deserialize)]
struct BuildInfo {
    #[serde(default)]
    version: String,
}

impl Backend for LokiClient {
    fn kind(&self) -> BackendKind {
        BackendKind::Loki
    }

    fn name(&self) -> &str {
        &self.endpoint.settings().name
    }

    fn capabilities(&self) -> &'static [&'static str] {
        &NAMES
    }

    fn condition(&self) -> Condition {
        self.endpoint.condition()
    }

    fn connect(&self) -> BoxFuture<'_, Result<String, BackendError>> {
        Box::pin(async move {
            let BuildInfo { version } = self.endpoint.get_json("/status/buildinfo", &[]).await?;
            // a build from source may have none
            let version = if version.is_empty() { "unknown".to_owned() } else { version };
            self.endpoint.set_version(&version);
            Ok(version)
        })
    }

    fn query<'a>(&'a self, query: &'a BackendQuery) -> BoxFuture<'a, Result<Value, BackendError>> {
        Box::pin(async move {
            let reader = self.reader(query.model_uuid.as_deref());
            if let Some(method) = METHODS.iter().find(|method| method.name == query.method) {
                return reader.call(method, query).await;
            }
            let range = range(query)?;
            let selector = text(query, "query")?;
            match query.method.as_str() {
                "labels" => Ok(success(&json!(reader.label_names(selector.as_deref(), range).await?))),
                "label_values" => {
                    let name = text(query, "name")?.ok_or_else(|| missing("name"))?;
                    check_label(&name)?;
                    Ok(success(&json!(reader.label_values(&name, selector.as_deref(), range).await?)))
                }
                other => {
                    let (kind, method) = (BackendKind::Loki, other.to_owned());
                    Err(BackendError::UnknownMethod { kind, method, known: &NAMES })
                }
            }
        })
    }
}

impl LokiReader<'_> {
    /// Sends a query of a caller, in the caller's own parameters.
    async fn call(&self, method: &Method, query: &BackendQuery) -> Result<Value, BackendError> {
        let mut params = Vec::new();
        for (name, value) in &query.params {
            if method.query == Some(name.as_str()) {
                let queries = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
                let name = if name == "match" { "match[]" } else { "query" };
                for one in queries {
                    let one = one.as_str().ok_or_else(|| missing(name))?;
                    params.push((name, self.bind(one)?));
                }
            } else if let Some(known) = method.params.iter().find(|known| *known == name) {
                params.push((*known, plain(name, value)?));
            } else {
                let known = method.query.iter().chain(method.params).copied().collect::<Vec<_>>().join(", ");
                let problem = format!("`{}` has no parameter `{name}`, only: {known}", method.name);
                return Err(BackendError::Parameters(problem));
            }
        }
        if let Some(name) = method.query.filter(|name| !query.params.contains_key(*name)) {
            return Err(missing(name));
        }
        let mut answer: Value = if method.is_form {
            self.endpoint.post_form(method.path, &params).await?
        } else {
            self.endpoint.get_json(method.path, &params).await?
        };
        // the statistics are long, and show how much there is of other models
        if let Some(data) = answer.get_mut("data").and_then(Value::as_object_mut) {
            data.remove("stats");
        }
        Ok(answer)
    }
}

fn success(data: &Value) -> Value {
    json!({"status": "success", "data": data})
}

fn missing(name: &str) -> BackendError {
    BackendError::Parameters(format!("the parameter `{name}` is missing or no text"))
}

/// A parameter that is a text.
fn text(query: &BackendQuery, name: &str) -> Result<Option<String>, BackendError> {
    match query.params.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_str().map(|text| Some(text.to_owned())).ok_or_else(|| missing(name)),
    }
}

/// The range of a query, as the API takes it: RFC 3339, or nanoseconds since 1970. Default: the last six hours.
fn range(query: &BackendQuery) -> Result<LogRange, BackendError> {
    let time = |name: &str| {
        let Some(value) = query.params.get(name) else { return Ok(None) };
        let text = plain(name, value)?;
        let read = DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc());
        let read = read.ok().or_else(|| text.parse().ok().map(DateTime::from_timestamp_nanos));
        read.map(Some).ok_or_else(|| BackendError::Parameters(format!("`{name}` is no time: {text}")))
    };
    let end = time("end")?.unwrap_or_else(Utc::now);
    Ok(time("start")?.map_or_else(|| LogRange::before(end, DEFAULT_RANGE), |start| LogRange { start, end }))
}

/// A parameter as the API takes it.
fn plain(name: &str, value: &Value) -> Result<String, BackendError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err(BackendError::Parameters(format!("the parameter `{name}` has to be a text or a number"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn methods_are_those_of_the_table_and_the_two_of_labels() {
        let mut names: Vec<_> = METHODS.iter().map(|method| method.name).chain(["labels", "label_values"]).collect();
        let mut known = NAMES.to_vec();
        names.sort_unstable();
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn range_is_read_in_both_forms() {
        let query = |start: Value| {
            let params =
                Map::from_iter([("start".to_owned(), start), ("end".to_owned(), json!("2026-11-28T07:00:00Z"))]);
            range(&BackendQuery { params, ..BackendQuery::default() })
        };
        assert_eq!(query(json!("2026-11-28T06:00:00Z")).map(LogRange::length), Ok(TimeDelta::hours(1)));
        assert_eq!(query(json!(1_795_845_600_000_000_000_i64)).map(LogRange::length), Ok(TimeDelta::hours(1)));
        assert!(query(json!("yesterday")).is_err() && query(json!([])).is_err());
        let six_hours = range(&BackendQuery::default()).map(LogRange::length);
        assert_eq!(six_hours, Ok(DEFAULT_RANGE));
    }
}
