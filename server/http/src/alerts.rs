//! The webhook for alerts of Alertmanager. The same checks apply as for `/mcp`.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use dispatch::{AlertMessage, Dispatcher, Refusal, RefusalKind, receive_alerts};
use identity::Caller;

use crate::{LiveEvents, approvals::error_response};

/// The route `/api/v1/alerts`. It expects the caller in the request's extensions.
pub(crate) fn routes(live: LiveEvents) -> Router {
    Router::new().route("/api/v1/alerts", post(receive)).with_state(live.dispatcher)
}

async fn receive(
    State(dispatcher): State<Arc<Dispatcher>>,
    Extension(caller): Extension<Caller>,
    body: Result<Json<AlertMessage>, JsonRejection>,
) -> Response {
    let Ok(Json(message)) = body else {
        let expected = "send the message of a webhook of Alertmanager, version 4";
        return error_response(StatusCode::BAD_REQUEST, "bad_request", expected);
    };
    match receive_alerts(&dispatcher, &caller, message).await {
        Ok(received) => Json(received).into_response(),
        Err(refused) => error_response(status(&refused), refused.code(), &refused.to_string()),
    }
}

/// Alertmanager repeats a message with a status of 500 or above.
fn status(refused: &Refusal) -> StatusCode {
    match refused.kind() {
        RefusalKind::PermissionDenied => StatusCode::FORBIDDEN,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}
