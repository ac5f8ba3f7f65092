//! Pauses between attempts to dial: twice as long after each failure, and jittered so that clients spread out.

use std::time::{Duration, Instant};

use crate::Settings;

/// How often dialling failed in a row, and when it may be tried again.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    not_before: Option<Instant>,
}

impl Backoff {
    /// How long to wait from `now` before the next attempt.
    pub(crate) fn pause(&self, now: Instant) -> Duration {
        self.not_before.map_or(Duration::ZERO, |then| then.saturating_duration_since(now))
    }

    /// Notes a failure; `jitter` is a random number.
    pub(crate) fn failed(&mut self, now: Instant, settings: &Settings, jitter: u32) {
        let factor = 1_u32 << self.failures.min(16);
        let longest = settings.backoff_first.saturating_mul(factor).min(settings.backoff_longest);
        // between half and the whole of it
        let pause = longest / 2 + (longest / 2).mul_f64(f64::from(jitter) / f64::from(u32::MAX));
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now + pause);
    }

    /// Notes a success.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_end_with_a_success() {
        let settings = Settings::default();
        let mut backoff = Backoff::default();
        let now = Instant::now();
        assert_eq!(backoff.pause(now), Duration::ZERO);
        let mut pauses = Vec::new();
        for _ in 0..10 {
            backoff.failed(now, &settings, u32::MAX);
            pauses.push(backoff.pause(now).as_millis());
        }
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
        backoff.failed(now, &settings, 0);
        assert_eq!(backoff.pause(now), Duration::from_millis(2500));
        backoff.succeeded();
        assert_eq!(backoff.pause(now), Duration::ZERO);
    }
}
