//! Waiting for results of background work; a failure contains the last state seen.

use std::time::{Duration, Instant};

/// Maximum time to wait for a result, long enough for a busy machine. Only a failing test waits that long.
pub const TEST_TIMEOUT: Duration = Duration::from_mins(3);

/// Time between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Calls `check` until it returns `Ok`; its `Err` is the state seen.
///
/// # Panics
/// If that takes longer than [`TEST_TIMEOUT`]; the message has the last state.
pub async fn wait_until<T>(what: &str, mut check: impl AsyncFnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match check().await {
            Ok(found) => return found,
            Err(seen) => {
                assert!(start.elapsed() < TEST_TIMEOUT, "not within {TEST_TIMEOUT:?}: {what}; last state: {seen}");
            }
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Runs a test that has to be faster than a time limit of the product, with longer and longer limits. `attempt` returns
/// `None` only if it was too slow for its limit.
///
/// # Panics
/// If no limit was long enough.
pub async fn with_growing_limit<T>(what: &str, mut attempt: impl AsyncFnMut(Duration) -> Option<T>) -> T {
    for seconds in [1, 4, 16, 64] {
        if let Some(done) = attempt(Duration::from_secs(seconds)).await {
            return done;
        }
    }
    panic!("too slow for every limit: {what}")
}

/// Time limits of connections to controllers that a busy machine does not exceed.
#[must_use]
pub fn long_timeouts() -> juju_client::Settings {
    juju_client::Settings {
        call_timeout: TEST_TIMEOUT,
        connect_timeout: TEST_TIMEOUT,
        ping_timeout: TEST_TIMEOUT,
        ..juju_client::Settings::default()
    }
}
