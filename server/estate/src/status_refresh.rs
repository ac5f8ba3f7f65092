//! Requests the status of a watched model from time to time, for what watchers do not report: leaders, lost agents, relations.

use std::{sync::Arc, time::Duration};

use juju_client::ReadOnlySession;
use juju_wire::facade::client::{FullStatus, status::StatusParams};
use tokio::time::{Instant, sleep};

use crate::{model_watch::WatchedModel, status_cache::MAX_STATUS_AGE};

/// Minimum time between two requests of one estate.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// A request is followed by a pause of this many times its duration, so that a large model costs its controller at most 1 %.
const PAUSE_FACTOR: u32 = 100;

/// Time between two requests of one model of an estate with this number of models.
pub(crate) fn interval(models: usize) -> Duration {
    MAX_STATUS_AGE.max(MIN_INTERVAL.saturating_mul(u32::try_from(models).unwrap_or(u32::MAX)))
}

/// Requests the status while something needs the model, until the session fails.
pub(crate) async fn run(model: &Arc<WatchedModel>, session: &ReadOnlySession, interval: &impl Fn() -> Duration) {
    let mut pause = Duration::ZERO;
    loop {
        sleep(pause.max(interval())).await;
        if model.status.fresh().is_some() || !model.has_handles() || !model.is_live() {
            continue;
        }
        let began = Instant::now();
        // a task of its own: a large answer must not delay the deltas
        let (model, session) = (Arc::clone(model), session.clone());
        let requested = tokio::spawn(async move {
            let request = model.status.request();
            let params = StatusParams { include_storage: true, ..StatusParams::default() };
            if let Ok(status) = session.call::<FullStatus>(params).await {
                model.store_status(request, status, None);
            }
        });
        // a failure leaves the status as it is: the feed reports a connection that is lost
        let _ = requested.await;
        pause = began.elapsed().saturating_mul(PAUSE_FACTOR);
    }
}
