//! Rate and concurrency limits of many callers, in bounded memory.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;

use crate::{Bucket, Rate};

/// Beyond this number of callers, the limiter drops the state of idle ones.
const MAX_CALLERS: usize = 10_000;
/// Minimum interval between two ledger records about the same rate-limited caller.
const REPORT_INTERVAL: Duration = Duration::from_mins(1);

/// Limits the rate and the concurrent calls of each caller.
#[derive(Debug)]
pub struct RateLimiter {
    rate: Rate,
    max_concurrent: usize,
    callers: Mutex<HashMap<String, CallerState>>,
}

#[derive(Debug, Default)]
struct CallerState {
    bucket: Bucket,
    /// Each guard holds one reference more.
    in_flight: Arc<()>,
    unreported_refusals: u64,
    last_report: Option<Duration>,
}

/// A call in flight; it counts until this guard is dropped.
#[derive(Debug)]
pub struct InFlightGuard(#[expect(dead_code, reason = "counted by its references")] Arc<()>);

/// A refused call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// The limit that the call exceeds.
    pub limit: LimitKind,
    /// Time until the next attempt can succeed.
    pub retry_after: Duration,
    /// Number of refusals to record now: the first at once, then those of each minute together.
    pub report_count: Option<u64>,
}

/// Kind of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitKind {
    /// Calls per time.
    Rate,
    /// Concurrent calls.
    Concurrency,
}

impl Exceeded {
    /// `retry_after` in whole seconds, at least one.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.retry_after.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
    }
}

impl RateLimiter {
    /// A limiter with the same limits for each caller; `max_concurrent` 0 is no limit.
    #[must_use]
    pub fn new(rate: Rate, max_concurrent: usize) -> Self {
        Self { rate, max_concurrent, callers: Mutex::default() }
    }

    /// Whether these are the limits.
    #[must_use]
    pub fn has_limits(&self, rate: Rate, max_concurrent: usize) -> bool {
        (self.rate, self.max_concurrent) == (rate, max_concurrent)
    }

    /// Whether there is any limit.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.rate != Rate::NONE || self.max_concurrent > 0
    }

    /// Admits one call of `caller` at `now`, the time since a fixed moment.
    ///
    /// # Errors
    /// [`Exceeded`]; a refused call does not count against the rate.
    pub fn acquire(&self, caller: &str, now: Duration) -> Result<InFlightGuard, Exceeded> {
        self.acquire_many(caller, 1, now)
    }

    /// As [`Self::acquire`], for a call that counts as several.
    ///
    /// # Errors
    /// As [`Self::acquire`].
    pub fn acquire_many(&self, caller: &str, tokens: u32, now: Duration) -> Result<InFlightGuard, Exceeded> {
        let mut callers = self.callers.lock();
        if !callers.contains_key(caller) {
            evict(&mut callers, now);
            callers.insert(caller.to_owned(), CallerState::default());
        }
        let state = callers.entry(caller.to_owned()).or_default();
        if self.max_concurrent > 0 && Arc::strong_count(&state.in_flight) > self.max_concurrent {
            return Err(state.refuse(LimitKind::Concurrency, Duration::from_secs(1), now));
        }
        match state.bucket.take_many(self.rate, tokens, now) {
            Ok(()) => Ok(InFlightGuard(Arc::clone(&state.in_flight))),
            Err(wait) => Err(state.refuse(LimitKind::Rate, wait, now)),
        }
    }
}

impl CallerState {
    fn refuse(&mut self, limit: LimitKind, retry_after: Duration, now: Duration) -> Exceeded {
        self.unreported_refusals += 1;
        let due = self.last_report.is_none_or(|last| now.saturating_sub(last) >= REPORT_INTERVAL);
        let report_count = due.then(|| {
            self.last_report = Some(now);
            std::mem::take(&mut self.unreported_refusals)
        });
        Exceeded { limit, retry_after, report_count }
    }

    fn is_idle(&self, now: Duration) -> bool {
        self.bucket.is_full(now) && Arc::strong_count(&self.in_flight) == 1 && self.unreported_refusals == 0
    }
}

/// Makes space for one caller: drops idle ones, or an arbitrary one if all are busy. The only effect on a dropped caller
/// is a new burst.
fn evict(callers: &mut HashMap<String, CallerState>, now: Duration) {
    if callers.len() < MAX_CALLERS {
        return;
    }
    callers.retain(|_, state| !state.is_idle(now));
    if callers.len() >= MAX_CALLERS
        && let Some(name) = callers.keys().next().cloned()
    {
        callers.remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_minute: 60, burst: 3 };

    #[test]
    fn rate_limiter_under_flood_of_one_caller_admits_another() {
        let limiter = RateLimiter::new(RATE, 0);
        let mut admitted = 0;
        for millisecond in 0..10_000 {
            let now = Duration::from_millis(millisecond);
            admitted += u32::from(limiter.acquire("loud", now).is_ok());
            if millisecond % 1000 == 0 {
                assert!(limiter.acquire("quiet", now).is_ok(), "at {millisecond}");
            }
        }
        assert_eq!(admitted, 3 + 9);
    }

    #[test]
    fn concurrency_limit_admits_again_after_guard_is_dropped() {
        let limiter = RateLimiter::new(Rate::NONE, 2);
        let first = limiter.acquire("a", Duration::ZERO).expect("admitted");
        let _second = limiter.acquire("a", Duration::ZERO).expect("admitted");
        let exceeded = limiter.acquire("a", Duration::ZERO).expect_err("two are in flight");
        assert_eq!((exceeded.limit, exceeded.seconds()), (LimitKind::Concurrency, 1));
        drop(first);
        assert!(limiter.acquire("a", Duration::ZERO).is_ok());
    }

    #[test]
    fn refusals_in_flood_are_reported_once_per_minute_with_count() {
        let limiter = RateLimiter::new(Rate { per_minute: 1, burst: 1 }, 0);
        let _guard = limiter.acquire("a", Duration::ZERO).expect("admitted");
        let reports: Vec<u64> = (0..1200)
            .filter_map(|tenth| limiter.acquire("a", Duration::from_millis(tenth * 100)).err()?.report_count)
            .collect();
        assert_eq!(reports.len(), 2, "{reports:?}");
        assert_eq!(reports[0], 1);
        assert!(reports[1] > 590, "{reports:?}");
    }

    #[test]
    fn rate_limiter_with_many_callers_stays_bounded() {
        let limiter = RateLimiter::new(RATE, 0);
        for number in 0..MAX_CALLERS * 2 {
            let _guard = limiter.acquire(&format!("caller {number}"), Duration::from_secs(1));
        }
        assert!(limiter.callers.lock().len() <= MAX_CALLERS);
    }
}
