//! Buckets of many callers, in bounded memory.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{Bucket, Rate};

/// Most names that are kept; when there are more, those that have not asked for longest are forgotten.
const MOST: usize = 10_000;
/// How often somebody who is refused again and again is told of.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// Who may ask how often and how much at once.
#[derive(Debug)]
pub struct Table {
    rate: Rate,
    at_once: usize,
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    bucket: Bucket,
    under_way: Arc<()>,
    refused: u64,
    told: Option<Duration>,
}

/// One call that is under way; it counts until this is dropped.
#[derive(Debug)]
pub struct UnderWay(#[expect(dead_code, reason = "counted by its references")] Arc<()>);

/// Why a call was not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// Which limit it was.
    pub which: Which,
    /// When to try again.
    pub retry_after: Duration,
    /// How many refusals are to be written down now: the first at once, then those of a minute together.
    pub to_tell: Option<u64>,
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Calls in a time.
    Rate,
    /// Calls at once.
    AtOnce,
}

impl Exceeded {
    /// Whole seconds until a new try, at least one.
    #[must_use]
    pub fn seconds(&self) -> u64 {
        self.retry_after.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
    }
}

impl Table {
    /// A table in which each name may do so much; 0 at once is no limit.
    #[must_use]
    pub fn new(rate: Rate, at_once: usize) -> Self {
        Self { rate, at_once, kept: Mutex::default() }
    }

    /// Whether it limits anything.
    #[must_use]
    pub fn limits(&self) -> bool {
        self.rate != Rate::NONE || self.at_once > 0
    }

    /// Lets one call of `name` in at `now`.
    ///
    /// # Errors
    /// [`Exceeded`], and then the call has cost nothing.
    pub fn enter(&self, name: &str, now: Duration) -> Result<UnderWay, Exceeded> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.contains_key(name) {
            make_room(&mut kept, now);
            kept.insert(name.to_owned(), Kept::default());
        }
        let one = kept.entry(name.to_owned()).or_default();
        if self.at_once > 0 && Arc::strong_count(&one.under_way) > self.at_once {
            return Err(one.refuse(Which::AtOnce, Duration::from_secs(1), now));
        }
        match one.bucket.take(self.rate, now) {
            Ok(()) => Ok(UnderWay(Arc::clone(&one.under_way))),
            Err(wait) => Err(one.refuse(Which::Rate, wait, now)),
        }
    }
}

impl Kept {
    fn refuse(&mut self, which: Which, retry_after: Duration, now: Duration) -> Exceeded {
        self.refused += 1;
        let due = self.told.is_none_or(|told| now.saturating_sub(told) >= TOLD_EVERY);
        let to_tell = due.then(|| {
            self.told = Some(now);
            std::mem::take(&mut self.refused)
        });
        Exceeded { which, retry_after, to_tell }
    }

    fn idle(&self, now: Duration) -> bool {
        self.bucket.is_full(now) && Arc::strong_count(&self.under_way) == 1 && self.refused == 0
    }
}

/// Forgets whoever is idle, and if all are busy, any one: a caller forgotten so gets a new burst, and no more.
fn make_room(kept: &mut HashMap<String, Kept>, now: Duration) {
    if kept.len() < MOST {
        return;
    }
    kept.retain(|_, one| !one.idle(now));
    if kept.len() >= MOST
        && let Some(name) = kept.keys().next().cloned()
    {
        kept.remove(&name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_minute: 60, burst: 3 };

    #[test]
    fn a_caller_that_floods_takes_nothing_from_another() {
        let table = Table::new(RATE, 0);
        let mut let_in = 0;
        for millisecond in 0..10_000 {
            let now = Duration::from_millis(millisecond);
            let_in += u32::from(table.enter("loud", now).is_ok());
            if millisecond % 1000 == 0 {
                assert!(table.enter("quiet", now).is_ok(), "at {millisecond}");
            }
        }
        assert_eq!(let_in, 3 + 9);
    }

    #[test]
    fn calls_at_once_end_when_they_are_dropped() {
        let table = Table::new(Rate::NONE, 2);
        let first = table.enter("a", Duration::ZERO).expect("let in");
        let _second = table.enter("a", Duration::ZERO).expect("let in");
        let refused = table.enter("a", Duration::ZERO).expect_err("two are under way");
        assert_eq!((refused.which, refused.seconds()), (Which::AtOnce, 1));
        drop(first);
        assert!(table.enter("a", Duration::ZERO).is_ok());
    }

    #[test]
    fn a_flood_is_told_of_once_a_minute_with_its_size() {
        let table = Table::new(Rate { per_minute: 1, burst: 1 }, 0);
        let _one = table.enter("a", Duration::ZERO).expect("let in");
        let told: Vec<u64> =
            (0..1200).filter_map(|tenth| table.enter("a", Duration::from_millis(tenth * 100)).err()?.to_tell).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[0], 1);
        assert!(told[1] > 590, "{told:?}");
    }

    #[test]
    fn the_table_never_holds_more_than_it_may() {
        let table = Table::new(RATE, 0);
        for number in 0..MOST * 2 {
            let _in = table.enter(&format!("caller {number}"), Duration::from_secs(1));
        }
        assert!(table.kept.lock().expect("not poisoned").len() <= MOST);
    }
}
