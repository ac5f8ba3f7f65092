//! Limits how long a response may take to begin.
//!
//! `tower_http::timeout::TimeoutLayer` answers with an empty body; this middleware sends the sentence that clients display.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::HttpError;

/// Middleware: answers 504 if the response has not begun in time. It does not cut a stream that has begun.
pub(crate) async fn enforce_deadline(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => HttpError::Timeout { seconds: limit.as_secs() }.into_response(),
    }
}
