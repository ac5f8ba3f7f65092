//! Faults and changes over HTTP, authorized by the token of the ready file.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{Change, Fault, Simulator};

const WRONG_TOKEN: &str = "the control token is wrong; use the one in the ready file";

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

/// The request: changes of a script, as in `tests/faults/README.md`, that happen now.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangesRequest {
    changes: Vec<Change>,
}

/// Takes faults at `POST /fault` and changes at `POST /changes` until `stop` is cancelled.
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
    let router = Router::new().route("/fault", post(fault)).route("/changes", post(changes)).with_state(control);
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn fault(
    State(control): State<Control>,
    headers: HeaderMap,
    Json(order): Json<FaultRequest>,
) -> (StatusCode, Json<Value>) {
    if !control.accepts(&headers) {
        return refused(StatusCode::UNAUTHORIZED, WRONG_TOKEN);
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

async fn changes(
    State(control): State<Control>,
    headers: HeaderMap,
    Json(order): Json<ChangesRequest>,
) -> (StatusCode, Json<Value>) {
    if !control.accepts(&headers) {
        return refused(StatusCode::UNAUTHORIZED, WRONG_TOKEN);
    }
    match control.simulator.change(&order.changes, Utc::now()) {
        Ok(()) => (StatusCode::OK, Json(json!({"changed": order.changes.len()}))),
        Err(error) => refused(StatusCode::CONFLICT, &error.to_string()),
    }
}

impl Control {
    fn accepts(&self, headers: &HeaderMap) -> bool {
        let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        sent.and_then(|value| value.strip_prefix("Bearer ")) == Some(&*self.token)
    }
}

fn refused(status: StatusCode, sentence: &str) -> (StatusCode, Json<Value>) {
    (status, Json(json!({"error": sentence})))
}
