//! Buffers the request body within its limits and checks that it is JSON where the route requires it.
//!
//! `tower_http::limit::RequestBodyLimitLayer` limits the size only, not the time, and answers in plain text.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::IgnoredAny;

use crate::HttpError;

/// Limits of a request body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimit {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
    /// Whether the body of a `POST` must be JSON.
    pub(crate) json: bool,
}

/// Middleware: passes on a complete body, which is JSON if the limit requires it.
pub(crate) async fn buffer_body(State(limit): State<BodyLimit>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit.bytes as u64) {
        return HttpError::BodyTooLarge { limit: limit.bytes }.into_response();
    }
    let bytes = match collect(body, limit).await {
        Ok(bytes) => bytes,
        Err(error) => return error.into_response(),
    };
    if limit.json
        && parts.method == Method::POST
        && let Err(error) = serde_json::from_slice::<IgnoredAny>(&bytes)
    {
        return HttpError::NotJson(error.to_string()).into_response();
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// Reads and drops a short body before an early refusal. Otherwise hyper closes the connection under a client that sends
/// head and body separately, and the client loses its next request, the one that discovers how to sign in.
pub(crate) async fn discard(body: Body) {
    const SHORT: BodyLimit = BodyLimit { bytes: 64 * 1024, time: Duration::from_millis(500), json: false };
    if let Err(error) = collect(body, SHORT).await {
        tracing::debug!(%error, "discarding a request body failed");
    }
}

async fn collect(body: Body, limit: BodyLimit) -> Result<Bytes, HttpError> {
    let incomplete = HttpError::BodyIncomplete { seconds: limit.time.as_secs() };
    match tokio::time::timeout(limit.time, Limited::new(body, limit.bytes).collect()).await {
        Err(_) => Err(incomplete),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(HttpError::BodyTooLarge { limit: limit.bytes }),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the connection broke inside a request body");
            Err(incomplete)
        }
    }
}
