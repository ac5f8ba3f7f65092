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
    /// Duration of the check in milliseconds.
    pub latency_ms: u64,
}

/// The dependencies of the server. Readiness requests run all checks, at most once a second.
pub trait Health: Send + Sync + 'static {
    /// Runs all checks and returns the results in a fixed order.
    fn checks(&self) -> BoxFuture<'_, Vec<Check>>;
}

/// A server without dependencies.
impl Health for () {
    fn checks(&self) -> BoxFuture<'_, Vec<Check>> {
        Box::pin(std::future::ready(Vec::new()))
    }
}

/// The checks of the last second: probes need no token, and the checks use the store and the controllers.
#[derive(Clone)]
pub(crate) struct CachedHealth {
    health: Arc<dyn Health>,
    latest: Arc<Mutex<Option<CheckRun>>>,
}

/// One run of the checks: when it ended, and its results.
type CheckRun = (Instant, Vec<Check>);

/// How long the results of the checks are reused.
const CHECK_CACHE_TIME: Duration = Duration::from_secs(1);

impl CachedHealth {
    pub(crate) fn new(health: Arc<dyn Health>) -> Self {
        Self { health, latest: Arc::default() }
    }

    /// The latest results. Concurrent requests wait for one run of the checks.
    async fn checks(&self) -> Vec<Check> {
        let mut latest = self.latest.lock().await;
        if let Some((at, checks)) = &*latest
            && at.elapsed() < CHECK_CACHE_TIME
        {
            return checks.clone();
        }
        let checks = tokio::time::timeout(CHECK_TIMEOUT, self.health.checks()).await.unwrap_or_else(|_| {
            let detail = Some("a component did not respond in time: see the log".to_owned());
            let latency_ms = CHECK_TIMEOUT.as_secs() * 1000;
            vec![Check { name: "all".to_owned(), healthy: false, detail, latency_ms }]
        });
        *latest = Some((Instant::now(), checks.clone()));
        checks
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

/// A component that does not respond within this time is unhealthy.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// `/healthz`: the process runs and answers.
pub(crate) async fn liveness() -> Json<serde_json::Value> {
    Json(serde_json::json!({"status": "alive"}))
}

/// `/readyz`: 200 or 503. Only authenticated callers receive the single checks.
pub(crate) async fn readiness(
    State(state): State<HealthState>,
    extensions: Extensions,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let checks = state.health.checks().await;
    let healthy = checks.iter().all(|check| check.healthy);
    let (code, status) =
        if healthy { (StatusCode::OK, "healthy") } else { (StatusCode::SERVICE_UNAVAILABLE, "unhealthy") };
    let credentials = bearer::extract_credentials(&headers, &uri);
    let authenticated = state.authenticator.authenticate(credentials, bearer::peer(&extensions)).await.is_ok();
    (code, Json(Report { status, checks: authenticated.then_some(checks) })).into_response()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counted(AtomicUsize);

    impl Health for Counted {
        fn checks(&self) -> BoxFuture<'_, Vec<Check>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready(Vec::new()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn checks_run_at_most_once_a_second() {
        let counted = Arc::new(Counted::default());
        let health = CachedHealth::new(counted.clone());
        for expected in [1, 2] {
            futures::future::join_all((0..100).map(|_| health.checks())).await;
            assert_eq!(counted.0.load(Ordering::Relaxed), expected);
            tokio::time::advance(CHECK_CACHE_TIME).await;
        }
    }
}
