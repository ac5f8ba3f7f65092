//! How long an answer may take to begin.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::Refusal;

/// Middleware: gives up the wait when the answer has not begun in time. Streams that have begun go on.
pub(crate) async fn keep(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::TooSlow { seconds: limit.as_secs() }.into_response(),
    }
}
