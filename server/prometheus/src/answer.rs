//! Answers of Prometheus' HTTP API, version 1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Labels of a series, an alert or a target.
pub type Labels = BTreeMap<String, String>;

/// The envelope of every answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Envelope<T> {
    /// The answer itself.
    pub data: T,
    /// What the caller has to know of it.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The same, less urgent.
    #[serde(default)]
    pub infos: Vec<String>,
}

/// A value at a time. Prometheus writes the value as text, because JSON has no `NaN`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "(f64, String)", into = "(f64, String)")]
pub struct Sample {
    /// Seconds since 1970.
    pub time: f64,
    /// The value.
    pub value: f64,
}

impl TryFrom<(f64, String)> for Sample {
    type Error = String;

    fn try_from((time, text): (f64, String)) -> Result<Self, String> {
        let value = text.parse().map_err(|_| format!("`{text}` is no number"))?;
        Ok(Self { time, value })
    }
}

impl From<Sample> for (f64, String) {
    fn from(sample: Sample) -> Self {
        (sample.time, number_text(sample.value))
    }
}

/// A number as Prometheus writes it.
#[must_use]
pub fn number_text(value: f64) -> String {
    match value {
        value if value.is_nan() => "NaN".to_owned(),
        f64::INFINITY => "+Inf".to_owned(),
        f64::NEG_INFINITY => "-Inf".to_owned(),
        value => value.to_string(),
    }
}

/// What is shown of a native histogram.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Histogram {
    /// Number of observations.
    pub count: String,
    /// Their sum.
    pub sum: String,
}

/// A series at one time.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct VectorElement {
    /// Its labels.
    pub metric: Labels,
    /// Its value; `None` for a histogram.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Sample>,
    /// The histogram.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<(f64, Histogram)>,
}

/// A series over a range.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Series {
    /// Its labels.
    pub metric: Labels,
    /// Its values.
    #[serde(default)]
    pub values: Vec<Sample>,
    /// Its histograms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub histograms: Vec<(f64, Histogram)>,
}

/// The result of a query.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum QueryResult {
    /// Series at one time.
    Vector(Vec<VectorElement>),
    /// Series over a range.
    Matrix(Vec<Series>),
    /// A number.
    Scalar(Sample),
    /// A text.
    String((f64, String)),
}

/// The answer to a query, with what the caller has to know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Queried {
    /// The result.
    pub result: QueryResult,
    /// Warnings of the server.
    pub warnings: Vec<String>,
}

/// An active alert.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// Its labels, `alertname` among them.
    pub labels: Labels,
    /// Texts for humans.
    #[serde(default)]
    pub annotations: Labels,
    /// `pending` or `firing`.
    pub state: String,
    /// Since when its condition holds.
    #[serde(default)]
    pub active_at: Option<String>,
    /// The value of its expression.
    #[serde(default)]
    pub value: String,
}

/// `data` of `/alerts`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Alerts {
    pub(crate) alerts: Vec<Alert>,
}

/// A rule that records or alerts.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// `alerting` or `recording`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Name of the alert, or of the recorded series.
    pub name: String,
    /// Its expression.
    pub query: String,
    /// Seconds for which it has to hold.
    #[serde(default)]
    pub duration: f64,
    /// Labels that it adds.
    #[serde(default)]
    pub labels: Labels,
    /// Texts that it adds.
    #[serde(default)]
    pub annotations: Labels,
    /// Its active alerts.
    #[serde(default)]
    pub alerts: Vec<Alert>,
    /// `ok`, `err` or `unknown`.
    #[serde(default)]
    pub health: String,
    /// Why it could not be evaluated.
    #[serde(default)]
    pub last_error: String,
    /// `firing`, `pending` or `inactive`.
    #[serde(default)]
    pub state: String,
}

/// Rules of one file that are evaluated together.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct RuleGroup {
    /// Its name.
    pub name: String,
    /// Its rules.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// `data` of `/rules`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rules {
    pub(crate) groups: Vec<RuleGroup>,
}

/// A target that is scraped.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Its labels.
    pub labels: Labels,
    /// The job of the configuration that it belongs to.
    #[serde(default)]
    pub scrape_pool: String,
    /// Where it is scraped.
    #[serde(default)]
    pub scrape_url: String,
    /// Why the last scrape failed.
    #[serde(default)]
    pub last_error: String,
    /// When it was scraped.
    #[serde(default)]
    pub last_scrape: String,
    /// Seconds that the last scrape took.
    #[serde(default)]
    pub last_scrape_duration: f64,
    /// `up`, `down` or `unknown`.
    pub health: String,
}

/// `data` of `/targets`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Targets {
    pub(crate) active_targets: Vec<Target>,
}

/// What a metric is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
pub struct Metadata {
    /// `counter`, `gauge`, `histogram`, `summary`, ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    #[serde(default)]
    pub help: String,
    /// Its unit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
}

/// A metric of one target, from `/targets/metadata`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TargetMetadata {
    #[serde(default)]
    pub(crate) metric: String,
    #[serde(flatten)]
    pub(crate) metadata: Metadata,
}

/// An example of what was counted, with the trace that it belongs to.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Exemplar {
    /// Its labels, such as `trace_id`.
    pub labels: Labels,
    /// Its value.
    pub value: String,
    /// Seconds since 1970.
    pub timestamp: f64,
}

/// The exemplars of a series.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeriesExemplars {
    /// Labels of the series.
    pub series_labels: Labels,
    /// Its exemplars.
    pub exemplars: Vec<Exemplar>,
}

/// `data` of `/status/buildinfo`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BuildInfo {
    pub(crate) version: String,
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    fn parsed<T: DeserializeOwned>(data: &Value) -> T {
        let envelope: Envelope<T> =
            serde_json::from_value(json!({"status": "success", "data": data})).expect("an answer");
        envelope.data
    }

    #[test]
    fn results_of_each_type_are_read_and_written_as_prometheus_writes_them() {
        for data in [
            json!({"resultType": "vector", "result": [{"metric": {"__name__": "up", "job": "a"}, "value": [1_435_781_451.781, "1"]}]}),
            json!({"resultType": "vector", "result": [{"metric": {}, "value": [1.5, "NaN"]}, {"metric": {}, "value": [1.5, "+Inf"]}]}),
            json!({"resultType": "vector", "result": [{"metric": {}, "histogram": [1.5, {"count": "3", "sum": "0.5"}]}]}),
            json!({"resultType": "matrix", "result": [{"metric": {"a": "b"}, "values": [[1.0, "0.30000000000000004"], [2.0, "-Inf"]]}]}),
            json!({"resultType": "scalar", "result": [1.0, "1000000000000000000000"]}),
            json!({"resultType": "string", "result": [1.0, "text"]}),
        ] {
            let result: QueryResult = parsed(&data);
            assert_eq!(serde_json::to_value(result).expect("JSON"), data);
        }
        let broken = json!({"resultType": "scalar", "result": [1.0, "one"]});
        assert!(
            serde_json::from_value::<QueryResult>(broken)
                .is_err_and(|error| error.to_string().contains("`one` is no number"))
        );
    }

    #[test]
    fn alerts_rules_targets_metadata_and_exemplars_are_read() {
        let alert = json!({"labels": {"alertname": "Down"}, "annotations": {"summary": "s"}, "state": "firing",
            "activeAt": "2026-11-28T07:00:00.1Z", "value": "1e+00"});
        let alerts: Alerts = parsed(&json!({"alerts": [alert]}));
        assert_eq!(
            (alerts.alerts[0].state.as_str(), alerts.alerts[0].active_at.as_deref()),
            ("firing", Some("2026-11-28T07:00:00.1Z"))
        );
        let rule = json!({"type": "alerting", "name": "Down", "query": "up == 0", "duration": 60, "labels": {}, "annotations": {},
            "alerts": [alert], "health": "ok", "state": "firing", "evaluationTime": 0.1, "lastEvaluation": "2026-11-28T07:00:00Z"});
        let recording =
            json!({"type": "recording", "name": "a:b", "query": "sum(a)", "health": "err", "lastError": "boom"});
        let rules: Rules =
            parsed(&json!({"groups": [{"name": "g", "file": "f", "interval": 60, "rules": [rule, recording]}]}));
        assert_eq!((rules.groups[0].rules[0].alerts.len(), rules.groups[0].rules[1].last_error.as_str()), (1, "boom"));
        let targets: Targets = parsed(
            &json!({"activeTargets": [{"discoveredLabels": {}, "labels": {"job": "a"}, "scrapePool": "a",
            "scrapeUrl": "http://a/metrics", "lastError": "refused", "lastScrape": "2026-11-28T07:00:00Z", "lastScrapeDuration": 0.5,
            "health": "down"}], "droppedTargets": []}),
        );
        assert_eq!(targets.active_targets[0].last_error, "refused");
        let metadata: Vec<TargetMetadata> =
            parsed(&json!([{"target": {}, "metric": "up", "type": "gauge", "help": "h", "unit": ""}]));
        assert_eq!((metadata[0].metric.as_str(), metadata[0].metadata.kind.as_str()), ("up", "gauge"));
        let exemplars: Vec<SeriesExemplars> = parsed(&json!([{"seriesLabels": {"a": "b"},
            "exemplars": [{"labels": {"trace_id": "x"}, "value": "6", "timestamp": 1_600_096_945.479}]}]));
        assert_eq!(exemplars[0].exemplars[0].labels["trace_id"], "x");
    }
}
