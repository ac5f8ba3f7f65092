//! Waits for what others do in the background, and says what was seen where it never came.

use std::time::{Duration, Instant};

/// Longer than anything waited for takes, on a machine that is busy with everything else as well. It is spent only by a
/// test that fails.
pub const TEST_TIMEOUT: Duration = Duration::from_mins(3);

/// How long one look is followed by none.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until there is what was looked for; a look that does not find it says what it saw instead.
///
/// # Panics
/// Where it is not there within [`TEST_TIMEOUT`], with what was seen last.
pub async fn wait_until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => {
                assert!(begun.elapsed() < TEST_TIMEOUT, "not within {TEST_TIMEOUT:?}: {what}; seen was: {seen}")
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// For what has to be done before a time limit of the product passes: tries it with longer and longer limits. A try that
/// was too slow for its limit gives nothing, and only such a one.
///
/// # Panics
/// Where no limit was long enough.
pub async fn with_growing_limit<T>(what: &str, mut attempt: impl AsyncFnMut(Duration) -> Option<T>) -> T {
    for seconds in [1, 4, 16, 64] {
        if let Some(done) = attempt(Duration::from_secs(seconds)).await {
            return done;
        }
    }
    panic!("too slow for every limit: {what}")
}

/// Time limits towards controllers for journeys that are about something else: nothing fails because a machine is busy.
#[must_use]
pub fn long_timeouts() -> juju_client::Settings {
    juju_client::Settings {
        call_timeout: TEST_TIMEOUT,
        connect_timeout: TEST_TIMEOUT,
        ping_timeout: TEST_TIMEOUT,
        ..juju_client::Settings::default()
    }
}
