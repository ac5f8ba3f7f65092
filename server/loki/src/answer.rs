//! What Loki answers: streams of lines, series of numbers, and lists (`/loki/api/v1` of Loki 3).

use std::{collections::BTreeMap, fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny, SeqAccess, Visitor},
};

/// Labels of a stream or a series.
pub type StreamLabels = BTreeMap<String, String>;

/// The frame of every answer but those of the newest methods.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer<T> {
    #[serde(default = "Option::default")]
    pub(crate) data: Option<T>,
}

/// The result of a query.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "resultType", content = "result", rename_all = "lowercase")]
pub enum LogqlResult {
    /// Lines by their stream.
    Streams(Vec<LineStream>),
    /// Numbers over time.
    Matrix(Vec<LogqlSeries>),
    /// Numbers at one time.
    Vector(Vec<LogqlSample>),
    /// One number without labels.
    Scalar(NumberAt),
}

/// Lines of one stream, in the order of the query.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct LineStream {
    /// Its labels, with those that the query has extracted and the structured metadata of the lines.
    #[serde(rename = "stream")]
    pub labels: StreamLabels,
    /// The lines.
    #[serde(default, rename = "values")]
    pub lines: Vec<TextAt>,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextAt {
    /// When, in nanoseconds since 1970.
    pub nanoseconds: i64,
    /// The text.
    pub text: String,
}

/// Numbers of one series over time.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct LogqlSeries {
    /// Its labels.
    #[serde(rename = "metric")]
    pub labels: StreamLabels,
    /// The numbers, the oldest first.
    #[serde(default, rename = "values")]
    pub points: Vec<NumberAt>,
}

/// The number of one series.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct LogqlSample {
    /// Its labels.
    #[serde(rename = "metric")]
    pub labels: StreamLabels,
    /// The number.
    #[serde(rename = "value")]
    pub point: NumberAt,
}

/// A number at a time, in the form of the API: seconds since 1970, and a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NumberAt {
    /// When, in seconds since 1970.
    pub seconds: f64,
    /// The number.
    pub value: f64,
}

impl<'de> Deserialize<'de> for NumberAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (seconds, text) = <(f64, String)>::deserialize(deserializer)?;
        let value = match text.as_str() {
            "+Inf" => f64::INFINITY,
            "-Inf" => f64::NEG_INFINITY,
            text => text.parse().map_err(|_| D::Error::custom(format!("no number: {text}")))?,
        };
        Ok(Self { seconds, value })
    }
}

impl Serialize for NumberAt {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.seconds, self.value.to_string()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TextAt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pair;
        impl<'de> Visitor<'de> for Pair {
            type Value = TextAt;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("nanoseconds and a line")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<TextAt, A::Error> {
                let missing = || A::Error::custom("a line without a time or a text");
                let time: String = sequence.next_element()?.ok_or_else(missing)?;
                let text = sequence.next_element()?.ok_or_else(missing)?;
                // structured metadata, if the server sends it apart
                while sequence.next_element::<IgnoredAny>()?.is_some() {}
                let nanoseconds = time.parse().map_err(|_| A::Error::custom(format!("no time: {time}")))?;
                Ok(TextAt { nanoseconds, text })
            }
        }
        deserializer.deserialize_seq(Pair)
    }
}

/// A line with its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LokiLine {
    /// When, in nanoseconds since 1970.
    pub nanoseconds: i64,
    /// The labels of its stream.
    pub labels: Arc<StreamLabels>,
    /// The text.
    pub text: String,
}

impl LokiLine {
    /// When it was written.
    #[must_use]
    pub fn time(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.nanoseconds)
    }

    /// The service that wrote it.
    #[must_use]
    pub fn service(&self) -> &str {
        service_of(&self.labels)
    }
}

/// All lines of the streams, the oldest first.
#[must_use]
pub fn lines_of(streams: Vec<LineStream>) -> Vec<LokiLine> {
    let mut lines = Vec::with_capacity(streams.iter().map(|stream| stream.lines.len()).sum());
    for LineStream { labels, lines: texts } in streams {
        let labels = Arc::new(labels);
        let line = |TextAt { nanoseconds, text }| LokiLine { nanoseconds, labels: Arc::clone(&labels), text };
        lines.extend(texts.into_iter().map(line));
    }
    lines.sort_by(|one, other| (one.nanoseconds, &one.text).cmp(&(other.nanoseconds, &other.text)));
    lines
}

/// Labels that name the service of a stream, the best first: of the charms of Canonical, of Loki itself, of others.
pub const SERVICE_LABELS: [&str; 8] =
    ["juju_application", "service_name", "service", "app", "application", "app_kubernetes_io_name", "job", "container"];

/// The service of a stream; empty where no label names it.
#[must_use]
pub fn service_of(labels: &StreamLabels) -> &str {
    let mut named = SERVICE_LABELS.iter().filter_map(|name| labels.get(*name)).map(String::as_str);
    // Loki's own name where it finds none
    named.find(|name| *name != "unknown_service").unwrap_or_default()
}

/// A pattern that Loki itself has found in lines.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct FoundPattern {
    /// The pattern; `<_>` is any text.
    pub pattern: String,
    /// The level of its lines.
    #[serde(default)]
    pub level: String,
    /// Seconds since 1970, and the number of lines.
    #[serde(default)]
    pub samples: Vec<(i64, u64)>,
}

/// A field that Loki itself has found in lines.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct DetectedField {
    /// Its name.
    pub label: String,
    /// Its type, `string`, `int`, `duration`.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// How many values it has.
    #[serde(default)]
    pub cardinality: u64,
    /// The parsers that find it, `logfmt`.
    #[serde(default)]
    pub parsers: Option<Vec<String>>,
}

/// The fields that Loki has found.
#[derive(Debug, Deserialize)]
pub(crate) struct DetectedFields {
    #[serde(default)]
    pub(crate) fields: Option<Vec<DetectedField>>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn read(result_type: &str, result: &Value) -> LogqlResult {
        let answer = json!({"status": "success", "data": {"resultType": result_type, "result": result, "stats": {"summary": {}}}});
        from_value::<Answer<LogqlResult>>(answer).expect("an answer").data.expect("data")
    }

    #[test]
    fn streams_are_merged_in_the_order_of_time() {
        let result = read(
            "streams",
            &json!([
                {"stream": {"app": "b"}, "values": [["1700000000000000003", "third"], ["1700000000000000001", "first"]]},
                {"stream": {"job": "x", "juju_application": "a"}, "values": [["1700000000000000002", "second", {"structuredMetadata": {"k": "v"}}]]},
            ]),
        );
        let LogqlResult::Streams(streams) = result else { panic!("{result:?}") };
        let lines = lines_of(streams);
        let texts: Vec<_> = lines.iter().map(|line| (line.service(), line.text.as_str())).collect();
        assert_eq!(texts, [("b", "first"), ("a", "second"), ("b", "third")]);
        assert_eq!(lines[0].time().to_rfc3339(), "2023-11-14T22:13:20.000000001+00:00");
    }

    #[test]
    fn numbers_are_read_in_all_forms() {
        let result = read(
            "matrix",
            &json!([{"metric": {"app": "a"}, "values": [[1_700_000_000, "1"], [1_700_000_060.5, "2.5"]]}]),
        );
        let LogqlResult::Matrix(series) = result else { panic!("{result:?}") };
        assert_eq!(series[0].points[1], NumberAt { seconds: 1_700_000_060.5, value: 2.5 });
        let result = read(
            "vector",
            &json!([{"metric": {}, "value": [1_700_000_000, "+Inf"]}, {"metric": {}, "value": [1, "NaN"]}]),
        );
        let LogqlResult::Vector(series) = result else { panic!("{result:?}") };
        assert!(series[0].point.value.is_infinite() && series[1].point.value.is_nan());
        assert!(matches!(read("scalar", &json!([1, "7"])), LogqlResult::Scalar(NumberAt { value: 7.0, .. })));
        assert!(matches!(read("streams", &json!([])), LogqlResult::Streams(streams) if streams.is_empty()));
    }

    #[test]
    fn nonsense_is_an_error_and_not_a_line() {
        for result in [
            json!({"resultType": "streams", "result": [{"stream": {}, "values": [["x", "a"]]}]}),
            json!({"resultType": "streams", "result": [{"stream": {}, "values": [["1"]]}]}),
            json!({"resultType": "streams", "result": [{"values": []}]}),
            json!({"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "one"]]}]}),
            json!({"resultType": "table", "result": []}),
            json!([]),
        ] {
            assert!(from_value::<Answer<LogqlResult>>(json!({"data": result})).is_err(), "{result}");
        }
    }

    #[test]
    fn lists_are_read_and_null_is_none() {
        let labels: Answer<Vec<String>> =
            from_value(json!({"status": "success", "data": ["app", "job"]})).expect("labels");
        assert_eq!(labels.data, Some(vec!["app".to_owned(), "job".to_owned()]));
        let none: Answer<Vec<String>> = from_value(json!({"status": "success"})).expect("no labels");
        assert_eq!(none.data, None);
        let series: Answer<Vec<StreamLabels>> = from_value(json!({"data": [{"app": "a"}]})).expect("series");
        assert_eq!(series.data.map(|all| all.len()), Some(1));
        let patterns: Answer<Vec<FoundPattern>> =
            from_value(json!({"data": [{"pattern": "a <_>", "level": "error", "samples": [[1_700_000_000, 3]]}]}))
                .expect("patterns");
        assert_eq!(patterns.data.expect("data")[0].samples, [(1_700_000_000, 3)]);
        let fields: DetectedFields =
            from_value(json!({"fields": [{"label": "took", "type": "duration", "cardinality": 4, "parsers": ["logfmt"]}], "limit": 1000}))
                .expect("fields");
        assert_eq!(fields.fields.expect("fields")[0].kind, "duration");
    }
}
