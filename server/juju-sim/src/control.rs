//! Fault injection over HTTP, authorized by the token of the ready file.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Fault, Simulator};

#[derive(Clone)]
struct Control {
    simulator: Arc<Simulator>,
    token: Arc<str>,
}

/// The request: `{"fault": "hook-error payment/0"}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultRequest {
    fault: String,
}

/// Takes faults at `POST /fault` until `stop` is cancelled.
///
/// # Errors
/// Where the listener fails.
pub async fn control(
    simulator: Arc<Simulator>,
    listener: TcpListener,
    token: &str,
    stop: CancellationToken,
) -> std::io::Result<()> {
    let control = Control { simulator, token: token.into() };
    let router = Router::new().route("/fault", post(fault)).with_state(control);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn fault(
    State(control): State<Control>,
    headers: HeaderMap,
    Json(order): Json<FaultRequest>,
) -> (StatusCode, Json<Value>) {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if sent.and_then(|value| value.strip_prefix("Bearer ")) != Some(&*control.token) {
        return refused(StatusCode::UNAUTHORIZED, "the control token is wrong; use the one in the ready file");
    }
    let fault = match order.fault.parse::<Fault>() {
        Ok(fault) => fault,
        Err(error) => return refused(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match control.simulator.inject(fault).await {
        Ok(()) => (StatusCode::OK, Json(json!({"injected": order.fault}))),
        Err(error) => refused(StatusCode::CONFLICT, &error.to_string()),
    }
}

fn refused(status: StatusCode, sentence: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({"error": sentence})))
}
