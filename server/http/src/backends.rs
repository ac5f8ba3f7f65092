//! Paths about all backends, for programs that do not use MCP. Each is a read of one tool: the same permissions, the same ledger.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json, Router,
    extract::{Path, Query, State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use backend::BackendKind;
use dispatch::{Call, Dispatcher};
use identity::Caller;
use serde_json::{Map, Value, json};

use crate::approvals::error_response;

/// Parameters that are numbers; the others are texts.
const NUMBERS: [&str; 1] = ["limit"];

/// Parameters of a path.
type Parameters = Query<BTreeMap<String, String>>;

/// The paths. They expect the caller in the request's extensions.
pub(crate) fn routes(dispatcher: Arc<Dispatcher>) -> Router {
    Router::new()
        .route("/mcp/status", get(status))
        .route("/mcp/tools", get(tools))
        .route("/mcp/query/{server}", post(query))
        .route("/devops/alerts", get(alerts))
        .with_state(dispatcher)
}

async fn status(
    State(dispatcher): State<Arc<Dispatcher>>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Parameters,
) -> Response {
    read(&dispatcher, &caller, "backend_status", of_parameters(parameters)).await
}

async fn alerts(
    State(dispatcher): State<Arc<Dispatcher>>,
    Extension(caller): Extension<Caller>,
    Query(parameters): Parameters,
) -> Response {
    read(&dispatcher, &caller, "prometheus_alerts", of_parameters(parameters)).await
}

/// The tools that the caller may use. It lists, and is no act.
async fn tools(State(dispatcher): State<Arc<Dispatcher>>, Extension(caller): Extension<Caller>) -> Response {
    let policy = dispatcher.policy.current();
    let rights = policy.permissions(&caller);
    let visible = dispatcher.catalogue.iter().filter(|tool| tool.check_visibility(&rights).is_ok());
    let tools: Vec<Value> = visible
        .map(|tool| {
            json!({
                "name": tool.name(),
                "toolset": tool.toolset(),
                "effect": tool.effect().as_str(),
                "description": tool.description(),
                "input_schema": **tool.input_schema(),
            })
        })
        .collect();
    Json(json!({"tools": tools})).into_response()
}

async fn query(
    State(dispatcher): State<Arc<Dispatcher>>,
    Extension(caller): Extension<Caller>,
    Path(server): Path<String>,
    body: Result<Json<Map<String, Value>>, JsonRejection>,
) -> Response {
    if !BackendKind::ALL.iter().any(|kind| kind.word() == server) {
        let known = BackendKind::ALL.map(BackendKind::word).join(", ");
        return error_response(StatusCode::NOT_FOUND, "backend_unknown", &format!("the servers are: {known}"));
    }
    let Ok(Json(mut arguments)) = body else {
        let expected =
            "send JSON with `method` and `params`, such as {\"method\": \"query\", \"params\": {\"query\": \"up\"}}";
        return error_response(StatusCode::BAD_REQUEST, "bad_request", expected);
    };
    if server == BackendKind::Juju.word() {
        return juju(&dispatcher, &caller, arguments).await;
    }
    arguments.insert("backend".to_owned(), server.into());
    read(&dispatcher, &caller, "backend_query", arguments).await
}

/// A read of Juju: the method is a command, `status`, and the parameters are its arguments.
async fn juju(dispatcher: &Dispatcher, caller: &Caller, mut arguments: Map<String, Value>) -> Response {
    let bad = |message: &str| error_response(StatusCode::BAD_REQUEST, "bad_request", message);
    let (Some(Value::String(command)), Value::Object(params)) =
        (arguments.remove("method"), arguments.remove("params").unwrap_or_else(|| json!({})))
    else {
        return bad("send JSON with `method`, a command such as `status`, and `params`, an object with its arguments");
    };
    let Some(tool) = dispatcher.catalogue.get(&command).filter(|tool| tool.is_client_command()) else {
        return error_response(StatusCode::NOT_FOUND, "unknown_tool", "Juju has no such command");
    };
    let effect = tool.plan(params.clone()).map_or(tool.least(), |plan| plan.unresolved_act().effect);
    if effect.changes() {
        return bad("this path is for reads, and the command would change something: use `/mcp`");
    }
    read(dispatcher, caller, tool.name(), params).await
}

fn of_parameters(parameters: BTreeMap<String, String>) -> Map<String, Value> {
    let value = |name: &str, text: String| match text.parse::<u64>() {
        Ok(number) if NUMBERS.contains(&name) => number.into(),
        _ => Value::from(text),
    };
    parameters.into_iter().map(|(name, text)| (name.clone(), value(&name, text))).collect()
}

/// The answer of a tool as JSON.
async fn read(dispatcher: &Dispatcher, caller: &Caller, tool: &str, mut arguments: Map<String, Value>) -> Response {
    arguments.insert("format".to_owned(), "json".into());
    match dispatch::execute(dispatcher, caller, Call::new(tool, arguments)).await {
        Ok(reply) => {
            let result = catalogue::without_boundaries(reply.value);
            let untrusted = reply.provenance.untrusted;
            Json(json!({"result": result, "untrusted": untrusted, "ledger_entry": reply.entry})).into_response()
        }
        Err(refused) => {
            let (code, text) = (refused.refusal.code(), refused.refusal.to_string());
            error_response(status_of(code), code, &text)
        }
    }
}

/// The status for a refusal with this code.
fn status_of(code: &str) -> StatusCode {
    match code {
        "permission_denied" | "insufficient_scope" => StatusCode::FORBIDDEN,
        "unknown_tool"
        | "not_found"
        | "model_not_found"
        | "controller_unknown"
        | "backend_unknown"
        | "backend_not_configured" => StatusCode::NOT_FOUND,
        "invalid_arguments"
        | "refused"
        | "backend_refused"
        | "backend_parameters"
        | "backend_unknown_method"
        | "backend_answer_too_large" => StatusCode::BAD_REQUEST,
        "backend_timed_out" | "timed_out" => StatusCode::GATEWAY_TIMEOUT,
        "backend_unexpected" => StatusCode::BAD_GATEWAY,
        "rate_limited" => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}
