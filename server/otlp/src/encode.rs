//! Spans as an OTLP request in JSON (OpenTelemetry protocol 1.x, `ExportTraceServiceRequest`).

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::span::{Span, Value};

/// Status code of a failed span.
const STATUS_ERROR: u8 = 2;

/// The request for a batch of spans; `resource` describes this process.
pub(crate) fn request(resource: &[(String, String)], spans: &[Span]) -> Json {
    let resource: Vec<Json> =
        resource.iter().map(|(name, value)| attribute(name, &Value::Text(value.clone()))).collect();
    let spans: Vec<Json> = spans.iter().map(span).collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{"scope": {"name": "juju-mcp"}, "spans": spans}],
    }]})
}

fn span(span: &Span) -> Json {
    let attributes: Vec<Json> = span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let mut encoded = json!({
        "traceId": hex::encode(span.context.trace_id),
        "spanId": hex::encode(span.context.span_id),
        "name": span.name,
        "kind": span.kind.number(),
        "startTimeUnixNano": nanoseconds(span.started),
        "endTimeUnixNano": nanoseconds(span.ended.max(span.started)),
        "attributes": attributes,
    });
    if let Some(parent) = span.parent {
        encoded["parentSpanId"] = hex::encode(parent).into();
    }
    if let Some(link) = span.link {
        encoded["links"] = json!([{"traceId": hex::encode(link.trace_id), "spanId": hex::encode(link.span_id)}]);
    }
    if span.failed {
        encoded["status"] = json!({"code": STATUS_ERROR});
    }
    encoded
}

fn attribute(name: &str, value: &Value) -> Json {
    let value = match value {
        Value::Text(text) => json!({"stringValue": text}),
        // 64-bit integers are texts in the JSON form of protocol buffers
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::Flag(flag) => json!({"boolValue": flag}),
    };
    json!({"key": name, "value": value})
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

/// The number of spans that a collector has rejected, from its response to a request that it accepted in part.
pub(crate) fn rejected_spans(response: &[u8]) -> u64 {
    let response: Json = serde_json::from_slice(response).unwrap_or_default();
    let rejected = &response["partialSuccess"]["rejectedSpans"];
    let text = || rejected.as_str().and_then(|text| text.parse().ok());
    rejected.as_u64().or_else(text).unwrap_or_default()
}
