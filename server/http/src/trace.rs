//! One tracing span for each request: caller, route and status; never a token, a query or a body.

use std::time::Duration;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    response::Response,
};
use tower_http::request_id::{MakeRequestId, RequestId};
use tracing::{Span, field::Empty};

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

/// The span of a request.
pub(crate) fn span(request: &Request) -> Span {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let id = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok()).unwrap_or_default();
    tracing::info_span!("request", id, method = %request.method(), path, caller = Empty, status = Empty)
}

/// Records the status when the response head is complete.
pub(crate) fn record_response(response: &Response, latency: Duration, span: &Span) {
    span.record("status", response.status().as_u16());
    tracing::debug!(parent: span, ms = latency.as_millis(), "answered");
}
