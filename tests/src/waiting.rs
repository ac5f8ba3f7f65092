//! Waits for what others do in the background, and says what was seen where it never came.

use std::time::{Duration, Instant};

/// Longer than anything waited for takes, on a machine that is busy with everything else as well. It is spent only by a
/// test that fails.
pub const PATIENCE: Duration = Duration::from_mins(3);

/// How long one look is followed by none.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks again and again until there is what was looked for; a look that does not find it says what it saw instead.
///
/// # Panics
/// Where it is not there within [`PATIENCE`], with what was seen last.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let begun = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}; seen was: {seen}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
