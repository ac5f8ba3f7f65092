//! Requests the status of a watched model from time to time, for what watchers do not report: leaders, lost agents, relations.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::status_cache::MAX_STATUS_AGE;

/// Minimum time between two requests of one estate.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// A request is followed by a pause of this many times its duration, so that a large model costs its controller at most 1 %.
const PAUSE_FACTOR: u32 = 100;

/// Time between two requests of one model of an estate with this number of models.
pub(crate) fn interval(models: usize) -> Duration {
    MAX_STATUS_AGE.max(MIN_INTERVAL.saturating_mul(u32::try_from(models).unwrap_or(u32::MAX)))
}

/// Requests the status again and again while it is needed.
pub(crate) async fn run<Requested: Future<Output = ()>>(
    is_needed: impl Fn() -> bool,
    request: impl Fn() -> Requested,
    interval: &impl Fn() -> Duration,
) {
    let mut pause = Duration::ZERO;
    loop {
        sleep(pause.max(interval())).await;
        if is_needed() {
            let began = Instant::now();
            request().await;
            pause = began.elapsed().saturating_mul(PAUSE_FACTOR);
        }
    }
}
