//! Retention: for how long the ledger retains records, and how many bytes of them.

use std::time::Duration;

use chrono::{Days, SecondsFormat, Utc};
use store::{LedgerSize, Store};

/// Interval between two removals of old records.
pub(crate) const RETENTION_INTERVAL: Duration = Duration::from_mins(10);
/// Records that one transaction removes, so that writers wait only briefly.
const MAX_REMOVED: i64 = 10_000;

/// Limits of the ledger. Default: none, all records are retained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Age in days after which a record is removed.
    pub days: Option<u32>,
    /// Size of the store in bytes above which the oldest records are removed.
    pub max_bytes: Option<u64>,
    /// Age in days up to which the size removes no record, so that a flood of calls cannot evict what it follows.
    pub min_days: u32,
}

impl Retention {
    pub(crate) fn is_limited(self) -> bool {
        self.days.is_some() || self.max_bytes.is_some()
    }

    /// The records from `first` on that exceed the limits; `None` if there are none. Open entries stay, and so does the last record,
    /// to which the checkpoint about the removal is chained.
    pub(crate) async fn removable_range(
        self,
        store: &Store,
        first: i64,
        last: i64,
    ) -> Result<Option<RemovableRange>, store::Error> {
        let old = match self.days.and_then(|days| Utc::now().checked_sub_days(Days::new(days.into()))) {
            Some(time) => {
                let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
                store.ledger_since(&time).await?.unwrap_or(last) - 1
            }
            None => 0,
        };
        let large = match self.max_bytes {
            Some(max_bytes) => {
                let excess = last_excess_record(max_bytes, &store.ledger_size().await?, first);
                self.without_recent(store, excess, last).await?
            }
            None => 0,
        };
        let whole = old.max(large).min(last - 1);
        let limited = whole.min(first.saturating_add(MAX_REMOVED) - 1);
        let open = store.ledger_open_until(limited).await?;
        let through = open.map_or(limited, |open| limited.min(open - 1));
        Ok((through >= first).then_some(RemovableRange { through, more: through < whole }))
    }
}

impl Retention {
    /// The last one of the records up to `excess` that the size may remove.
    async fn without_recent(self, store: &Store, excess: i64, last: i64) -> Result<i64, store::Error> {
        if excess <= 0 || self.min_days == 0 {
            return Ok(excess);
        }
        let Some(time) = Utc::now().checked_sub_days(Days::new(self.min_days.into())) else { return Ok(0) };
        let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let oldest_retained = store.ledger_since(&time).await?.unwrap_or(last);
        if oldest_retained <= excess {
            let min_days = self.min_days;
            tracing::warn!(min_days, "the ledger is larger than its maximum, because its last days are retained");
        }
        Ok(excess.min(oldest_retained - 1))
    }
}

/// The oldest records, which exceed the retention.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RemovableRange {
    /// Sequence of the last one.
    pub(crate) through: i64,
    /// Whether more can follow soon, because there are too many for one transaction or an older entry is still open.
    pub(crate) more: bool,
}

/// Sequence of the last record that has to go for the store to shrink to `max_bytes`, if all records have the same size.
fn last_excess_record(max_bytes: u64, size: &LedgerSize, first: i64) -> i64 {
    let excess = u128::from(size.bytes.saturating_sub(max_bytes));
    let share = excess * u128::from(size.records.unsigned_abs()) / u128::from(size.bytes.max(1));
    first.saturating_add(i64::try_from(share).unwrap_or(i64::MAX)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excess_is_proportional_to_the_share_of_bytes() {
        let full = LedgerSize { bytes: 1000, records: 10 };
        assert_eq!(last_excess_record(1000, &full, 1), 0);
        assert_eq!(last_excess_record(500, &full, 1), 5);
        assert_eq!(last_excess_record(900, &full, 21), 21);
        assert_eq!(last_excess_record(0, &LedgerSize { bytes: 0, records: 0 }, 1), 0);
    }

    #[tokio::test]
    async fn size_does_not_evict_records_younger_than_the_minimum_age() {
        let folder = std::env::temp_dir().join(format!("juju-mcp-retention-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let store = Store::open(&folder.join("state.db")).await.expect("a store");
        let row = |sequence: i64| {
            let time = Utc::now() - chrono::TimeDelta::days(10 - sequence) + chrono::TimeDelta::hours(1);
            let body = serde_json::json!({"time": time.to_rfc3339_opts(SecondsFormat::Micros, true)}).to_string();
            store::LedgerRow {
                sequence,
                entry: sequence.to_string(),
                phase: "close".to_owned(),
                body,
                hash: "a".repeat(64),
            }
        };
        store.append_ledger(&(1..=9).map(row).collect::<Vec<_>>(), true).await.expect("stored");
        for (min_days, through) in [(0, Some(8)), (3, Some(6)), (5, Some(4)), (30, None)] {
            let retention = Retention { days: None, max_bytes: Some(1), min_days };
            let range = retention.removable_range(&store, 1, 9).await.expect("readable");
            assert_eq!(range.map(|range| range.through), through, "{min_days} days");
        }
        let old = Retention { days: Some(2), max_bytes: None, min_days: 30 };
        let range = old.removable_range(&store, 1, 9).await.expect("readable");
        assert_eq!(range.map(|range| range.through), Some(7), "the age removes them all the same");
        store.close().await;
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
