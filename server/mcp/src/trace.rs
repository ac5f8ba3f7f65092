//! The trace of a request: links the ledger's record of a call to spans and logs.

use axum::http::{HeaderMap, request::Parts};
use otlp::TraceParent;
use rmcp::{RoleServer, model::CallToolRequestParams, service::RequestContext};
use tracing::{Span, field::Empty, info_span, span::Id};

/// The exported span of a call: name of the tool and outcome, no arguments and no results. `tool` is the name of a known tool. It continues
/// the trace in `_meta`, else that of the HTTP request.
pub(crate) fn span_of_call(
    tool: &str,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
    caller: &str,
) -> Span {
    info_span!(
        target: "otlp_span",
        parent: context.extensions.get::<Parts>().and_then(|parts| parts.extensions.get::<Id>().cloned()),
        "tool call",
        otel.kind = "server",
        otel.name = format!("tools/call {tool}"),
        traceparent = traceparent_in_meta(request, context),
        mcp.method.name = "tools/call",
        gen_ai.tool.name = tool,
        user.id = caller,
        juju_mcp.command = Empty,
        juju_mcp.outcome = Empty,
        error.type = Empty,
    )
}

/// Records how a call ended in its exported span: `command` is the tool that ran, also if another one called it.
pub(crate) fn record_outcome(command: &str, outcome: &'static str) {
    let span = Span::current();
    span.record("juju_mcp.command", command);
    span.record("juju_mcp.outcome", outcome);
    if !SUCCESSES.contains(&outcome) {
        span.record("error.type", outcome);
    }
}

/// Outcomes that are no failure.
const SUCCESSES: [&str; 4] = ["ok", "repeated", "pending_approval", "cancelled"];

/// The `traceparent` that the client sent in `_meta`.
fn traceparent_in_meta<'call>(
    request: &'call CallToolRequestParams,
    context: &'call RequestContext<RoleServer>,
) -> Option<&'call str> {
    let meta = request.meta.as_ref().and_then(|meta| meta.get("traceparent")).and_then(|value| value.as_str());
    meta.or_else(|| context.meta.get("traceparent").and_then(|value| value.as_str()))
}

/// The trace id that the client sent, in `_meta` or as the header `traceparent` (W3C Trace Context, section 3.2), else the
/// id that the server gave the request.
pub(crate) fn trace_of_call(request: &CallToolRequestParams, context: &RequestContext<RoleServer>) -> Option<String> {
    let headers = context.extensions.get::<Parts>().map(|parts| &parts.headers);
    trace_of_message(traceparent_in_meta(request, context), headers)
}

/// The same for a request that is no call.
pub(crate) fn trace_of_request(context: &RequestContext<RoleServer>) -> Option<String> {
    let headers = context.extensions.get::<Parts>().map(|parts| &parts.headers);
    trace_of_message(context.meta.get("traceparent").and_then(|value| value.as_str()), headers)
}

/// The same from the `traceparent` of a message and from the headers.
pub(crate) fn trace_of_message(in_message: Option<&str>, headers: Option<&HeaderMap>) -> Option<String> {
    let header = |name: &str| headers.and_then(|headers| headers.get(name)).and_then(|value| value.to_str().ok());
    let trace_id = |text| TraceParent::parse(text).map(|parent| parent.trace_id());
    let sent = in_message.and_then(trace_id).or_else(|| header("traceparent").and_then(trace_id));
    sent.or_else(|| header("x-request-id")).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trace_of_message_prefers_meta_then_the_header_then_the_request_id() {
        let [first, second] = ["4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"];
        let parent = |trace: &str| format!("00-{trace}-00f067aa0ba902b7-01");
        let mut headers = HeaderMap::new();
        assert_eq!(trace_of_message(None, Some(&headers)), None);
        headers.insert("x-request-id", "0193".parse().expect("a value"));
        assert_eq!(trace_of_message(Some("malformed"), Some(&headers)).as_deref(), Some("0193"));
        headers.insert("traceparent", parent(second).parse().expect("a value"));
        assert_eq!(trace_of_message(Some("malformed"), Some(&headers)).as_deref(), Some(second));
        assert_eq!(trace_of_message(Some(&parent(first)), Some(&headers)).as_deref(), Some(first));
    }
}
