//! Writes of this server to a watched model: a reader that comes after one waits for what the watcher reports of it.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

/// Time from the end of a write in which a reader waits for it to be reported. A write that changes nothing is never reported.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// Time without a report after which a write is taken as reported in full.
const SETTLE_TIME: Duration = Duration::from_millis(100);

/// The writes to one model, and the number of reports of its watcher.
#[derive(Debug)]
pub(crate) struct OwnWrites {
    reports: watch::Sender<u64>,
    last: Mutex<LastWrite>,
}

#[derive(Debug, Default)]
struct LastWrite {
    in_progress: usize,
    /// Number of reports when it began.
    reports: u64,
    ended: Option<Instant>,
}

impl OwnWrites {
    pub(crate) fn new() -> Self {
        Self { reports: watch::Sender::new(0), last: Mutex::default() }
    }

    /// The watcher has reported something.
    pub(crate) fn report(&self) {
        self.reports.send_modify(|reports| *reports += 1);
    }

    /// A write begins.
    pub(crate) fn begin(&self) {
        let mut last = self.last.lock();
        if last.in_progress == 0 {
            last.reports = *self.reports.borrow();
        }
        last.in_progress += 1;
    }

    /// A write has ended; `has_begun`: it was counted by [`Self::begin`].
    pub(crate) fn end(&self, has_begun: bool) {
        let mut last = self.last.lock();
        if has_begun {
            last.in_progress = last.in_progress.saturating_sub(1);
        } else {
            last.reports = *self.reports.borrow();
        }
        last.ended = Some(Instant::now());
    }

    /// Returns when the writes that have ended are reported, or the time for that is over.
    pub(crate) async fn wait_until_reported(&self) {
        let (before, left) = {
            let last = self.last.lock();
            let Some(ended) = last.ended else { return };
            (last.reports, MAX_WAIT.saturating_sub(ended.elapsed()))
        };
        if left.is_zero() {
            return;
        }
        let mut reports = self.reports.subscribe();
        let settled = async {
            // `self` has the sender, so that the waits do not fail
            let _ = reports.wait_for(|reports| *reports > before).await;
            while timeout(SETTLE_TIME, reports.changed()).await.is_ok() {}
        };
        // one that is not reported in time leaves the reader what is known
        let _ = timeout(left, settled).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn reader_after_a_write_waits_for_its_report_but_not_for_ever() {
        let writes = OwnWrites::new();
        let waited = async || {
            let began = Instant::now();
            writes.wait_until_reported().await;
            began.elapsed()
        };
        assert_eq!(waited().await, Duration::ZERO, "nothing was written");
        writes.begin();
        writes.end(true);
        assert_eq!(waited().await, MAX_WAIT, "no report arrives");
        assert_eq!(waited().await, Duration::ZERO, "the time is over");
        writes.begin();
        writes.report();
        writes.end(true);
        let time = waited().await;
        assert!((SETTLE_TIME..MAX_WAIT).contains(&time), "the write was reported before it ended: {time:?}");
    }
}
