//! Is the process alive, and can it work.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use futures::future::BoxFuture;
use serde::Serialize;

use crate::{Authenticate, bearer};

/// One part on which the server depends.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// Its name, `ledger` or `controller prod`.
    pub name: String,
    /// Whether it answers.
    pub healthy: bool,
    /// What is wrong and what to do, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// How long it took to answer, in milliseconds.
    pub latency_ms: u64,
}

/// What the server depends on, asked anew for each request.
pub trait Health: Send + Sync + 'static {
    /// All parts, in a fixed order.
    fn checks(&self) -> BoxFuture<'_, Vec<Check>>;
}

/// A server that depends on nothing.
impl Health for () {
    fn checks(&self) -> BoxFuture<'_, Vec<Check>> {
        Box::pin(std::future::ready(Vec::new()))
    }
}

#[derive(Clone)]
pub(crate) struct Doctor {
    pub(crate) health: Arc<dyn Health>,
    pub(crate) authenticate: Arc<dyn Authenticate>,
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<Check>>,
}

/// A part that does not answer within this time is not healthy.
const PATIENCE: Duration = Duration::from_secs(5);

/// `/health`: the process runs and answers.
pub(crate) async fn alive() -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "alive"}))
}

/// `/ready` and `/mcp/health`: 200 or 503. The parts are told to callers with a token only.
pub(crate) async fn ready(
    State(doctor): State<Doctor>,
    extensions: Extensions,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let checks = tokio::time::timeout(PATIENCE, doctor.health.checks()).await.unwrap_or_else(|_| {
        let detail = Some("a part did not answer in time: see the log".to_owned());
        vec![Check { name: "all".to_owned(), healthy: false, detail, latency_ms: PATIENCE.as_secs() * 1000 }]
    });
    let healthy = checks.iter().all(|check| check.healthy);
    let (code, status) =
        if healthy { (StatusCode::OK, "healthy") } else { (StatusCode::SERVICE_UNAVAILABLE, "unhealthy") };
    let presented = bearer::presented(&headers, &uri);
    let known = doctor.authenticate.caller(presented, bearer::peer(&extensions)).await.is_ok();
    (code, Json(Report { status, checks: known.then_some(checks) })).into_response()
}
