//! The time that approvals go by.

use std::{sync::LazyLock, time::Instant};

use chrono::{DateTime, TimeDelta, Utc};

/// The moment, never behind where a steady clock says it should be: setting the machine's clock back while the server runs does
/// not lengthen a yes. Over a restart, what was asked in what is now the future counts as expired.
pub(crate) fn now() -> DateTime<Utc> {
    static BEGUN: LazyLock<(Instant, DateTime<Utc>)> = LazyLock::new(|| (Instant::now(), Utc::now()));
    let (steady, begun) = *BEGUN;
    later(Utc::now(), begun, TimeDelta::from_std(steady.elapsed()).unwrap_or(TimeDelta::MAX))
}

fn later(told: DateTime<Utc>, begun: DateTime<Utc>, passed: TimeDelta) -> DateTime<Utc> {
    begun.checked_add_signed(passed).map_or(told, |steady| told.max(steady))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_set_back_goes_on_and_one_set_forward_is_believed() {
        let begun = DateTime::UNIX_EPOCH;
        let minutes = TimeDelta::minutes;
        assert_eq!(later(begun + minutes(5), begun, minutes(5)), begun + minutes(5));
        assert_eq!(later(begun - minutes(55), begun, minutes(5)), begun + minutes(5), "set back by an hour");
        assert_eq!(later(begun + minutes(65), begun, minutes(5)), begun + minutes(65), "set forward by an hour");
        assert!(now() <= now());
    }
}
