//! Liveness and readiness probes.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use futures::future::BoxFuture;
use serde::Serialize;
use tokio::{sync::Mutex, time::Instant};

use crate::{authentication::RecordingAuthenticator, bearer};

/// Result of one health check.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    /// The component: `ledger`, `controller prod`.
    pub name: String,
    /// Whether the component works.
    pub healthy: bool,
    /// The problem and its remedy; absent for a healthy component.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Since when it is healthy or not, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Duration of the check in milliseconds.
    pub latency_ms: u64,
}

/// Results of all checks.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    /// Whether the server can serve some caller, although parts may not work.
    pub ready: bool,
    /// The parts, in a fixed order.
    pub checks: Vec<Check>,
}

/// The dependencies of the server. Readiness requests check them at most once a second.
pub trait Health: Send + Sync + 'static {
    /// Checks all parts, each with a time limit of its own.
    fn check(&self) -> BoxFuture<'_, Readiness>;
}

/// A server without dependencies.
impl Health for () {
    fn check(&self) -> BoxFuture<'_, Readiness> {
        Box::pin(std::future::ready(Readiness { ready: true, checks: Vec::new() }))
    }
}

/// The checks of the last second: probes need no token, and the checks use the store and the controllers.
#[derive(Clone)]
pub(crate) struct CachedHealth {
    health: Arc<dyn Health>,
    latest: Arc<Mutex<Option<CheckRun>>>,
}

/// One run of the checks: when it ended, and its results.
type CheckRun = (Instant, Readiness);

/// How long the results of the checks are reused.
const CHECK_CACHE_TIME: Duration = Duration::from_secs(1);

impl CachedHealth {
    pub(crate) fn new(health: Arc<dyn Health>) -> Self {
        Self { health, latest: Arc::default() }
    }

    /// The latest results. Concurrent requests wait for one run of the checks.
    async fn readiness(&self) -> Readiness {
        let mut latest = self.latest.lock().await;
        if let Some((at, readiness)) = &*latest
            && at.elapsed() < CHECK_CACHE_TIME
        {
            return readiness.clone();
        }
        let readiness = self.health.check().await;
        *latest = Some((Instant::now(), readiness.clone()));
        readiness
    }
}

#[derive(Clone)]
pub(crate) struct HealthState {
    pub(crate) health: CachedHealth,
    pub(crate) authenticator: RecordingAuthenticator,
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<Check>>,
}

/// `/healthz`: the process runs and answers.
pub(crate) async fn liveness() -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "alive"}))
}

/// `/readyz`: 200 `healthy`, 200 `degraded` if some part does not work, or 503 `unhealthy` if no caller can be served. Only authenticated callers receive the single checks.
pub(crate) async fn readiness(
    State(state): State<HealthState>,
    extensions: Extensions,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Readiness { ready, checks } = state.health.readiness().await;
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    report(&state, code, Readiness { ready, checks }, &extensions, &uri, &headers).await
}

/// `/mcp/health`: 503 as soon as one part does not work, backends included. Only authenticated callers receive the single checks.
pub(crate) async fn all_parts(
    State(state): State<HealthState>,
    extensions: Extensions,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let readiness = state.health.readiness().await;
    let all_work = readiness.ready && readiness.checks.iter().all(|check| check.healthy);
    let code = if all_work { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    report(&state, code, readiness, &extensions, &uri, &headers).await
}

async fn report(
    state: &HealthState,
    code: StatusCode,
    readiness: Readiness,
    extensions: &Extensions,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let Readiness { ready, checks } = readiness;
    let status = match ready {
        false => "unhealthy",
        true if checks.iter().all(|check| check.healthy) => "healthy",
        true => "degraded",
    };
    let credentials = bearer::extract_credentials(headers, uri);
    let authenticated =
        state.authenticator.authenticate(credentials, bearer::peer(extensions), uri.path()).await.is_ok();
    (code, Json(Report { status, checks: authenticated.then_some(checks) })).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Health for Counted {
        fn check(&self) -> BoxFuture<'_, Readiness> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready(Readiness::default()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn checks_run_at_most_once_a_second() {
        let counted = Arc::new(Counted::default());
        let health = CachedHealth::new(counted.clone());
        for expected in [1, 2] {
            futures::future::join_all((0..100).map(|_| health.readiness())).await;
            assert_eq!(counted.0.load(Ordering::Relaxed), expected);
            tokio::time::advance(CHECK_CACHE_TIME).await;
        }
    }
}
