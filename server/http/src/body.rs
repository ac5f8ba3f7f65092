//! Takes in the whole request body, within its limits, and sees that it is JSON where it has to be.

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

use crate::Refusal;

/// Bytes and time a body may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimit {
    pub(crate) bytes: usize,
    pub(crate) time: Duration,
    /// Whether what is posted has to be JSON.
    pub(crate) json: bool,
}

/// Middleware: the service behind it gets a body that is whole and, where that is wanted, JSON.
pub(crate) async fn take_in(State(limit): State<BodyLimit>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > limit.bytes as u64) {
        return Refusal::BodyTooLarge { limit: limit.bytes }.into_response();
    }
    let bytes = match collect(body, limit).await {
        Ok(bytes) => bytes,
        Err(refusal) => return refusal.into_response(),
    };
    if limit.json
        && parts.method == Method::POST
        && let Err(error) = serde_json::from_slice::<IgnoredAny>(&bytes)
    {
        return Refusal::NotJson(error.to_string()).into_response();
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// Takes a short body in and throws it away, before a refusal that was made without it. Else the connection would be closed
/// under a client that sends head and body apart, and its next request, for the way to sign in, would be lost with it.
pub(crate) async fn discard(body: Body) {
    const SHORT: BodyLimit = BodyLimit { bytes: 64 * 1024, time: Duration::from_millis(500), json: false };
    if let Err(refusal) = collect(body, SHORT).await {
        tracing::debug!(%refusal, "a body was not taken in before its refusal");
    }
}

async fn collect(body: Body, limit: BodyLimit) -> Result<Bytes, Refusal> {
    let late = Refusal::BodyIncomplete { seconds: limit.time.as_secs() };
    match tokio::time::timeout(limit.time, Limited::new(body, limit.bytes).collect()).await {
        Err(_) => Err(late),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge { limit: limit.bytes }),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the body broke off");
            Err(late)
        }
    }
}
