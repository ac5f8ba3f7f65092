//! The management API's part about approvals: list, get, approve, reject. Behind the same checks as `/mcp`.

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use dispatch::{Approvals, Decision, NotDecided};
use identity::Caller;
use mcp::ScopesNeeded;
use policy::{APPROVE_SCOPE, Approval, Status, Undecidable};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// `/api/approvals` and what is below it. The caller has to be in the request's extensions.
pub(crate) fn routes(approvals: Approvals) -> Router {
    Router::new()
        .route("/api/approvals", get(list))
        .route("/api/approvals/{id}", get(one))
        .route("/api/approvals/{id}/approve", post(approve))
        .route("/api/approvals/{id}/reject", post(reject))
        .with_state(approvals)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    status: Option<Status>,
}

/// What whoever decides says: the digest that they saw, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    digest: String,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize)]
struct Listed {
    approvals: Vec<Approval>,
}

async fn list(
    State(approvals): State<Approvals>,
    Extension(caller): Extension<Caller>,
    chosen: Result<Query<Chosen>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(chosen)) = chosen else {
        let known = "the only parameter is `status`: pending, approved, rejected, used or expired";
        return refused(StatusCode::BAD_REQUEST, "bad request", known);
    };
    match approvals.list(&caller, chosen.status).await {
        Ok(approvals) => Json(Listed { approvals }).into_response(),
        Err(error) => not_decided(&error),
    }
}

async fn one(
    State(approvals): State<Approvals>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    answer(approvals.get(&caller, &id).await)
}

async fn approve(
    state: State<Approvals>,
    caller: Extension<Caller>,
    id: Path<String>,
    said: Result<Json<Said>, JsonRejection>,
) -> Response {
    decide(state, caller, id, said, true).await
}

async fn reject(
    state: State<Approvals>,
    caller: Extension<Caller>,
    id: Path<String>,
    said: Result<Json<Said>, JsonRejection>,
) -> Response {
    decide(state, caller, id, said, false).await
}

async fn decide(
    State(approvals): State<Approvals>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    said: Result<Json<Said>, JsonRejection>,
    approve: bool,
) -> Response {
    let Ok(Json(said)) = said else {
        let wanted = "send JSON with the `digest` of the act as it was shown to you, and a `reason` if you like";
        return refused(StatusCode::BAD_REQUEST, "bad request", wanted);
    };
    let decision = Decision { approve, digest: said.digest, reason: said.reason, channel: "api" };
    answer(approvals.decide(&caller, &id, decision).await)
}

fn answer(result: Result<Approval, NotDecided>) -> Response {
    match result {
        Ok(approval) => Json(approval).into_response(),
        Err(error) => not_decided(&error),
    }
}

fn not_decided(error: &NotDecided) -> Response {
    let (status, code) = match error {
        NotDecided::Undecidable(Undecidable::NoRight) => (StatusCode::FORBIDDEN, "no right"),
        NotDecided::Undecidable(Undecidable::OwnQuestion | Undecidable::OwnClient) => {
            (StatusCode::FORBIDDEN, "own question")
        }
        NotDecided::Undecidable(Undecidable::Unknown(_)) => (StatusCode::NOT_FOUND, "unknown approval"),
        NotDecided::Undecidable(Undecidable::OtherDigest) => (StatusCode::CONFLICT, "other digest"),
        NotDecided::Undecidable(Undecidable::Over(_)) => (StatusCode::CONFLICT, "over"),
        NotDecided::LongReason => (StatusCode::BAD_REQUEST, "bad request"),
        NotDecided::LedgerClosed(_) | NotDecided::Lost(_) => (StatusCode::SERVICE_UNAVAILABLE, "not kept"),
    };
    let mut response = refused(status, code, &error.to_string());
    if code == "no right" {
        // a client with a provider can go and get the scope
        response.extensions_mut().insert(ScopesNeeded(vec![APPROVE_SCOPE.to_owned()]));
    }
    response
}

/// One sentence and one word.
fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}
