//! Spans of requests, for the log and for exported traces: caller, route and status; never a token, a query or a body.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tower_http::request_id::{MakeRequestId, RequestId};
use tracing::{Instrument as _, Span, field::Empty, info_span};

use crate::held_body::HeldBody;

/// Header with the id of a request, in requests and responses.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Generates UUIDs of version 7, which sort by time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MakeUuidRequestId;

impl MakeRequestId for MakeUuidRequestId {
    fn make_request_id<B>(&mut self, _: &axum::http::Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(uuid::Uuid::now_v7().to_string()).ok().map(RequestId::new)
    }
}

/// Removes a client's request id unless it is short and plain, because it appears in logs.
pub(crate) fn sanitize_request_id(mut request: Request) -> Request {
    let plain = |value: &HeaderValue| {
        value.len() <= 64 && value.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    };
    if request.headers().get(&REQUEST_ID).is_some_and(|value| !plain(value)) {
        request.headers_mut().remove(&REQUEST_ID);
    }
    request
}

/// Routes of probes, which belong to no trace.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Middleware: exports a span of the request, until its response body has ended. It continues the trace of the client, else the request id
/// becomes the id of the trace, so that log, ledger and trace have one id. Spans of what the request causes find their parent by the
/// [`Id`](tracing::span::Id) in its extensions: a stream outlives this middleware.
pub(crate) async fn export_request(mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    if PROBES.contains(&route.as_str()) {
        return next.run(request).await;
    }
    let method = request.method().as_str();
    let span = info_span!(
        target: "otlp_span",
        parent: None,
        "http request",
        otel.kind = "server",
        otel.name = format!("{method} {route}").trim_end(),
        otel.trace_id = header(request.headers(), &REQUEST_ID),
        traceparent = header(request.headers(), &TRACEPARENT),
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        error.type = Empty,
    );
    let Some(id) = span.id() else { return next.run(request).await };
    request.extensions_mut().insert(id);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("error.type", status.as_str());
    }
    response.map(|body| Body::new(HeldBody::new(body, Arc::new(span))))
}

/// Header with the trace of the client (W3C Trace Context, section 3.2).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

fn header<'request>(headers: &'request HeaderMap, name: &HeaderName) -> &'request str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// The span of a request in the log.
pub(crate) fn span(request: &Request) -> Span {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let id = header(request.headers(), &REQUEST_ID);
    tracing::info_span!("request", id, method = %request.method(), path, caller = Empty, status = Empty)
}

/// Records the status when the response head is complete.
pub(crate) fn record_response(response: &Response, latency: Duration, span: &Span) {
    span.record("status", response.status().as_u16());
    tracing::debug!(parent: span, ms = latency.as_millis(), "answered");
}
