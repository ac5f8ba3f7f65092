//! Writes run in tasks of their own. A server that stops waits for them, and the ledger gets the end of those that it cannot wait for.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long the records of writes that were cut off may take to reach the ledger.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The writes of a server that have not ended. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct WritesInProgress {
    tasks: TaskTracker,
    cut_off: CancellationToken,
}

impl WritesInProgress {
    /// Runs a write, which ends when [`Self::cut_off`] returns.
    pub(crate) fn spawn<T: Send + 'static>(&self, write: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.tasks.spawn(write)
    }

    /// Returns when the server no longer waits for writes.
    pub(crate) async fn cut_off(&self) {
        self.cut_off.cancelled().await;
    }

    /// Waits until every write has ended, for `limit` at most. Then the ledger records the others as unknown, and their number is
    /// returned. The last step before the ledger is closed.
    pub async fn finish(&self, limit: Duration) -> usize {
        self.tasks.close();
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_ok() {
            return 0;
        }
        let left = self.tasks.len();
        self.cut_off.cancel();
        if tokio::time::timeout(CLOSE_TIMEOUT, self.tasks.wait()).await.is_err() {
            tracing::error!("writes did not end when they were cut off; the next start records them as unknown");
        }
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn finish_waits_for_writes_and_cuts_off_those_beyond_the_limit() {
        let writes = WritesInProgress::default();
        let short = writes.spawn(async { tokio::time::sleep(Duration::from_millis(20)).await });
        assert_eq!(writes.finish(Duration::from_secs(30)).await, 0);
        assert!(short.is_finished());
        let own = writes.clone();
        let long = writes.spawn(async move {
            tokio::select! {
                () = std::future::pending() => "done",
                () = own.cut_off() => "cut off",
            }
        });
        assert_eq!(writes.finish(Duration::from_millis(20)).await, 1);
        assert_eq!(long.await.expect("no panic"), "cut off");
    }
}
