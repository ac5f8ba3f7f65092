//! How long records are kept, and how many bytes of them.

use std::time::Duration;

use chrono::{Days, SecondsFormat, Utc};
use store::Store;

/// How often it is looked whether there is something to remove.
pub(crate) const RETAIN_EVERY: Duration = Duration::from_mins(10);
/// So many records are removed at once, so that writers wait little.
const AT_ONCE: i64 = 10_000;

/// What is kept of the ledger; all of it unless something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// Days that a record is kept.
    pub days: Option<u32>,
    /// Bytes that the store may hold before the oldest records go.
    pub bytes: Option<u64>,
}

impl Keep {
    pub(crate) fn removes(self) -> bool {
        self.days.is_some() || self.bytes.is_some()
    }

    /// What need not be kept of the records from `first` on; nothing where there is none. What is not ended stays, and so
    /// does the last record of all, to which the head that tells of the removal is chained.
    pub(crate) async fn removable(
        self,
        store: &Store,
        first: i64,
        last: i64,
    ) -> Result<Option<Removable>, store::Error> {
        let old = match self.days.and_then(|days| Utc::now().checked_sub_days(Days::new(days.into()))) {
            Some(time) => {
                let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
                store.ledger_since(&time).await?.unwrap_or(last) - 1
            }
            None => 0,
        };
        let large = match self.bytes {
            Some(bytes) => beyond(bytes, store.ledger_size().await?, first),
            None => 0,
        };
        let whole = old.max(large).min(last - 1);
        let at_once = whole.min(first.saturating_add(AT_ONCE) - 1);
        let open = store.ledger_open_until(at_once).await?;
        let through = open.map_or(at_once, |open| at_once.min(open - 1));
        Ok((through >= first).then_some(Removable { through, more: through < whole }))
    }
}

/// The oldest records, which can be removed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Removable {
    /// The last of them.
    pub(crate) through: i64,
    /// Whether others can follow soon: there are too many for once, or an act before them has to end first.
    pub(crate) more: bool,
}

/// The last of the records whose share of the store is beyond `bytes`.
fn beyond(bytes: u64, (held, records): (u64, i64), first: i64) -> i64 {
    let over = u128::from(held.saturating_sub(bytes));
    let share = over * u128::from(records.unsigned_abs()) / u128::from(held.max(1));
    first.saturating_add(i64::try_from(share).unwrap_or(i64::MAX)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_records_go_as_hold_what_is_too_much() {
        assert_eq!(beyond(1000, (1000, 10), 1), 0);
        assert_eq!(beyond(500, (1000, 10), 1), 5);
        assert_eq!(beyond(900, (1000, 10), 21), 21);
        assert_eq!(beyond(0, (0, 0), 1), 0);
    }
}
