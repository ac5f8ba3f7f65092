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

/// Most bytes of a body that is too large that are read and dropped before the refusal.
const MAX_DISCARDED_BYTES: u64 = 64 << 20;

/// Middleware: passes on a complete body, which is JSON if the limit requires it.
pub(crate) async fn buffer_body(State(limit): State<BodyLimit>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let announced =
        parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let mut body = body;
    let collected = match announced {
        Some(bytes) if bytes > limit.bytes as u64 => Err(HttpError::BodyTooLarge { limit: limit.bytes }),
        _ => collect(&mut body, limit).await,
    };
    let bytes = match collected {
        Ok(bytes) => bytes,
        Err(error) => {
            // a client that has not asked whether to send its body writes all of it before it reads the refusal
            let waits = parts.headers.contains_key(header::EXPECT);
            let is_short = announced.is_none_or(|bytes| bytes <= MAX_DISCARDED_BYTES);
            if matches!(error, HttpError::BodyTooLarge { .. }) && is_short && !waits {
                drain(&mut body, limit.time).await;
            }
            return error.into_response();
        }
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
    let mut body = body;
    if let Err(error) = collect(&mut body, SHORT).await {
        tracing::debug!(%error, "discarding a request body failed");
    }
}

/// Reads and drops the rest of a body, within a bound on size and time.
async fn drain(body: &mut Body, time: Duration) {
    let mut dropped: u64 = 0;
    let read = async {
        while let Some(Ok(frame)) = body.frame().await {
            dropped = dropped.saturating_add(frame.data_ref().map_or(0, |data| data.len() as u64));
            if dropped > MAX_DISCARDED_BYTES {
                return;
            }
        }
    };
    if tokio::time::timeout(time, read).await.is_err() {
        tracing::debug!("a request body that is too large did not end in time");
    }
}

async fn collect(body: &mut Body, limit: BodyLimit) -> Result<Bytes, HttpError> {
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
