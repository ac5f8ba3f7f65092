//! The management API for approvals: list, get, approve, reject. The same checks apply as for `/mcp`.

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use dispatch::{Approvals, Decision, DecisionError};
use identity::Caller;
use mcp::ScopesNeeded;
use policy::{APPROVE_SCOPE, Approval, Status};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The routes below `/api/v1/approvals`. They expect the caller in the request's extensions.
pub(crate) fn routes(approvals: Approvals) -> Router {
    Router::new()
        .route("/api/v1/approvals", get(list))
        .route("/api/v1/approvals/{id}", get(get_one))
        .route("/api/v1/approvals/{id}/approve", post(approve))
        .route("/api/v1/approvals/{id}/reject", post(reject))
        .with_state(approvals)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    status: Option<Status>,
}

/// Body of a decision: the digest of the act that the approver saw, and the reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecisionBody {
    digest: String,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize)]
struct ApprovalList {
    approvals: Vec<Approval>,
}

async fn list(
    State(approvals): State<Approvals>,
    Extension(caller): Extension<Caller>,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(query)) = query else {
        let allowed = "the only parameter is `status`: pending, approved, rejected, used or expired";
        return error_response(StatusCode::BAD_REQUEST, "bad_request", allowed);
    };
    match approvals.list(&caller, query.status).await {
        Ok(approvals) => Json(ApprovalList { approvals }).into_response(),
        Err(error) => decision_error(&error),
    }
}

async fn get_one(
    State(approvals): State<Approvals>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    respond(approvals.get(&caller, &id).await)
}

async fn approve(
    state: State<Approvals>,
    caller: Extension<Caller>,
    id: Path<String>,
    body: Result<Json<DecisionBody>, JsonRejection>,
) -> Response {
    decide(state, caller, id, body, true).await
}

async fn reject(
    state: State<Approvals>,
    caller: Extension<Caller>,
    id: Path<String>,
    body: Result<Json<DecisionBody>, JsonRejection>,
) -> Response {
    decide(state, caller, id, body, false).await
}

async fn decide(
    State(approvals): State<Approvals>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: Result<Json<DecisionBody>, JsonRejection>,
    approve: bool,
) -> Response {
    let Ok(Json(body)) = body else {
        let expected = "send JSON with the `digest` of the act that you saw, and optionally a `reason`";
        return error_response(StatusCode::BAD_REQUEST, "bad_request", expected);
    };
    let decision = Decision { approve, digest: body.digest, reason: body.reason, channel: "api" };
    respond(approvals.decide(&caller, &id, decision).await)
}

fn respond(result: Result<Approval, DecisionError>) -> Response {
    match result {
        Ok(approval) => Json(approval).into_response(),
        Err(error) => decision_error(&error),
    }
}

fn decision_error(error: &DecisionError) -> Response {
    let code = error.code();
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = error_response(status, code, &error.to_string());
    if code == "permission_denied" {
        // a client with an identity provider can request the scope
        response.extensions_mut().insert(ScopesNeeded(vec![APPROVE_SCOPE.to_owned()]));
    }
    response
}

/// An error as JSON: a code and one sentence.
pub(crate) fn error_response(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}
