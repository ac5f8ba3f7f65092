//! Exponential backoff with jitter between attempts to connect.

use std::time::{Duration, Instant};

use crate::Settings;

/// Number of consecutive failures, and the time of the next attempt.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    next_attempt: Option<Instant>,
}

impl Backoff {
    /// Time from `now` to the next attempt.
    pub(crate) fn delay(&self, now: Instant) -> Duration {
        self.next_attempt.map_or(Duration::ZERO, |next| next.saturating_duration_since(now))
    }

    /// Doubles the delay, up to `max_backoff`; `jitter` is a random number.
    pub(crate) fn record_failure(&mut self, now: Instant, settings: &Settings, jitter: u32) {
        let factor = 1_u32 << self.failures.min(16);
        let limit = settings.initial_backoff.saturating_mul(factor).min(settings.max_backoff);
        // a random delay between half of the limit and the limit
        let delay = limit / 2 + (limit / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX));
        self.failures = self.failures.saturating_add(1);
        self.next_attempt = Some(now + delay);
    }

    /// Removes the delay after a success.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_maximum_and_end_after_success() {
        let settings = Settings::default();
        let mut backoff = Backoff::default();
        let now = Instant::now();
        assert_eq!(backoff.delay(now), Duration::ZERO);
        let mut delays = Vec::new();
        for _ in 0..10 {
            backoff.record_failure(now, &settings, u32::MAX);
            delays.push(backoff.delay(now).as_millis());
        }
        assert_eq!(delays, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
        backoff.record_failure(now, &settings, 0);
        assert_eq!(backoff.delay(now), Duration::from_millis(2500));
        backoff.reset();
        assert_eq!(backoff.delay(now), Duration::ZERO);
    }
}
