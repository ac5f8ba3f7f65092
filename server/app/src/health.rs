//! Health checks of the server's parts: ledger, policy, identity provider, each controller, each other backend.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use backend::Backend;
use chrono::{DateTime, SecondsFormat, Utc};
use dispatch::Dispatcher;
use futures::future::{BoxFuture, FutureExt, join_all};
use http_server::{
    health::{Check, Health, Readiness},
    metrics::{ControllerSample, FindingSample},
};
use identity::Authenticator;
use juju_client::Controllers;
use observer::Observer;
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Each part has to answer within this time.
const PART_TIMEOUT: Duration = Duration::from_secs(1);
/// How often the parts are checked while no probe asks for them, so that log and metrics are current.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// Checks all parts at the same time, each with a time limit of its own.
pub(crate) struct HealthChecks {
    dispatcher: Arc<Dispatcher>,
    authenticator: Arc<Authenticator>,
    /// Since when each part is healthy or not.
    history: Mutex<BTreeMap<String, (bool, DateTime<Utc>)>>,
}

impl Health for HealthChecks {
    fn check(&self) -> BoxFuture<'_, Readiness> {
        async move {
            let names = self.dispatcher.controllers.names();
            let controllers = join_all(names.iter().map(|name| self.controller(name)));
            let backends = self.dispatcher.catalogue.externals().backends();
            let backends = join_all(backends.iter().map(|one| self.backend(one)));
            let (ledger, provider, controllers, backends) =
                futures::join!(self.ledger(), self.provider(), controllers, backends);
            let has_cached_keys = || self.authenticator.provider().is_some_and(|provider| provider.has_cached_keys());
            let can_authenticate = provider.as_ref().is_none_or(|check| check.healthy)
                || self.authenticator.has_static_tokens()
                || has_cached_keys();
            let can_act = controllers.is_empty() || controllers.iter().any(|check| check.healthy);
            let ready = ledger.healthy && can_authenticate && can_act;
            let checks =
                [ledger, self.policy()].into_iter().chain(provider).chain(controllers).chain(backends).collect();
            Readiness { ready, checks }
        }
        .boxed()
    }
}

impl HealthChecks {
    pub(crate) fn new(dispatcher: Arc<Dispatcher>, authenticator: Arc<Authenticator>) -> Self {
        Self { dispatcher, authenticator, history: Mutex::default() }
    }

    /// Checks all parts regularly until `stop` is cancelled.
    pub(crate) async fn monitor(self: Arc<Self>, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(CHECK_INTERVAL)).await.is_some() {
            self.check().await;
        }
    }

    /// The policy of the last valid files stays active, so the part is always healthy; the detail names an invalid file.
    fn policy(&self) -> Check {
        let detail = self.dispatcher.policy.stale().map(|why| format!("an older policy is active: {why}"));
        Check { name: "policy".to_owned(), healthy: true, detail, since: None, latency_ms: 0 }
    }

    async fn ledger(&self) -> Check {
        let ledger = &self.dispatcher.ledger;
        let problem = async {
            match ledger.last_error() {
                Some(error) => Some(error.to_string()),
                None => ledger.store().last_ledger_row().await.err().map(|error| error.to_string()),
            }
        };
        let check = within_limit("ledger", problem).await;
        self.with_history(check, true)
    }

    async fn provider(&self) -> Option<Check> {
        let provider = self.authenticator.provider()?;
        let check = within_limit("identity provider", async { provider.check().await.err() }).await;
        Some(self.with_history(check, true))
    }

    async fn controller(&self, name: &str) -> Check {
        let answer = async {
            let controller = self.dispatcher.controllers.controller(Some(name))?;
            controller.check(PART_TIMEOUT).await
        };
        let problem = async { answer.await.err().map(|error| with_remedy(&error)) };
        let check = within_limit(&format!("controller {name}"), problem).await;
        // the client of the controller writes the log lines
        let mut check = self.with_history(check, false);
        let status = self.dispatcher.controllers.controller(Some(name)).ok().map(|controller| controller.status());
        let known = status.filter(|status| status.up == Some(check.healthy)).and_then(|status| status.since);
        if let Some(since) = known {
            check.since = Some(since.to_rfc3339_opts(SecondsFormat::Secs, true));
        }
        check
    }

    /// A backend that does not answer keeps no caller from the others. Its client writes the log lines.
    async fn backend(&self, backend: &dyn Backend) -> Check {
        let problem = async { backend.health().await.err().map(|error| format!("{error}; {}", error.remedy())) };
        let check = within_limit(&format!("{} {}", backend.kind().word(), backend.name()), problem).await;
        self.with_history(check, false)
    }

    /// Adds since when the part is in its condition; `log` writes a line when the condition changes.
    fn with_history(&self, check: Check, log: bool) -> Check {
        let mut history = self.history.lock();
        let (was_healthy, since) = history.get(&check.name).copied().unwrap_or((true, Utc::now()));
        let changed = was_healthy != check.healthy;
        let since = if changed { Utc::now() } else { since };
        history.insert(check.name.clone(), (check.healthy, since));
        drop(history);
        if log && changed {
            let part = check.name.as_str();
            if let Some(problem) = &check.detail {
                tracing::warn!(part, problem, "a part of the server is not healthy");
            } else {
                tracing::info!(part, "a part of the server is healthy again");
            }
        }
        Check { since: Some(since.to_rfc3339_opts(SecondsFormat::Secs, true)), ..check }
    }
}

/// Runs the check of one part; no result in time is a problem too.
async fn within_limit(name: &str, problem: impl Future<Output = Option<String>>) -> Check {
    let started = Instant::now();
    let detail = tokio::time::timeout(PART_TIMEOUT, problem)
        .await
        .unwrap_or_else(|_| Some(format!("no answer within {} s", PART_TIMEOUT.as_secs())));
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Check { name: name.to_owned(), healthy: detail.is_none(), detail, since: None, latency_ms }
}

fn with_remedy(error: &juju_client::Error) -> String {
    match error.remedy() {
        Some(remedy) => format!("{error}; {remedy}"),
        None => error.to_string(),
    }
}

/// The condition of each controller that has been used, for metrics.
pub(crate) fn controller_samples(controllers: &Controllers) -> Vec<ControllerSample> {
    let sample = |name: String| {
        let status = controllers.controller(Some(&name)).ok()?.status();
        let since = status.since?.timestamp();
        let (reconnects, login_tokens_refused) = (status.reconnects, status.login_tokens_refused);
        Some(ControllerSample { controller: name, up: status.up?, since, reconnects, login_tokens_refused })
    };
    controllers.names().into_iter().filter_map(sample).collect()
}

/// The number of open findings by detector and severity, for metrics.
pub(crate) fn finding_samples(observer: &Observer) -> Vec<FindingSample> {
    let mut counts: BTreeMap<(String, &'static str), i64> = BTreeMap::new();
    for finding in observer.findings().iter().filter(|finding| finding.is_open()) {
        *counts.entry((finding.detector.clone(), finding.severity.word())).or_default() += 1;
    }
    counts.into_iter().map(|((detector, severity), count)| (detector, severity, count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn part_without_answer_is_unhealthy_after_its_own_limit() {
        let started = Instant::now();
        let parts = [within_limit("one", std::future::pending()).boxed(), within_limit("two", async { None }).boxed()];
        let checks = join_all(parts).await;
        assert_eq!(started.elapsed(), PART_TIMEOUT);
        assert_eq!(checks[0].detail.as_deref(), Some("no answer within 1 s"));
        assert!(!checks[0].healthy && checks[1].healthy);
    }
}
