//! The clock that decides.

use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that never goes back while the server runs, so that setting the machine's clock back does not lengthen an approval. After
/// a restart, an approval that was requested in what is now the future counts as expired.
///
/// Everything that decides uses it: approvals, rules, budgets, idempotency keys. Only timestamps that nothing depends on, as in
/// ledger records, come from the machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    begun: DateTime<Utc>,
    steady: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self { begun: Utc::now(), steady: Instant::now() }
    }
}

impl Clock {
    /// The current time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.at(Utc::now(), TimeDelta::from_std(self.steady.elapsed()).unwrap_or(TimeDelta::MAX))
    }

    fn at(&self, wall_clock: DateTime<Utc>, elapsed: TimeDelta) -> DateTime<Utc> {
        self.begun.checked_add_signed(elapsed).map_or(wall_clock, |steady| wall_clock.max(steady))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_ignores_a_wall_clock_set_back_and_follows_one_set_forward() {
        let clock = Clock::default();
        let minutes = |minutes| clock.begun + TimeDelta::minutes(minutes);
        let after_five = |wall_clock| clock.at(wall_clock, TimeDelta::minutes(5));
        assert_eq!(after_five(minutes(5)), minutes(5));
        assert_eq!(after_five(minutes(-55)), minutes(5), "set back by an hour");
        assert_eq!(after_five(minutes(65)), minutes(65), "set forward by an hour");
        assert!(clock.now() <= clock.now());
    }
}
