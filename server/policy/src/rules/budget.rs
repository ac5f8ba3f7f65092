//! Change budgets: how many changes a caller makes, or a model receives, in a period. Counted in memory; clock and store are
//! outside.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

use super::foreign;
use crate::Act;

/// Maximum number of changes that are counted one by one for a caller or model; older ones are merged.
const MAX_EXACT: usize = 10_000;
/// Above this number of callers and models, those without recent changes are dropped.
const MAX_COUNTERS: usize = 2_000;

/// A limit, `20 acts per 1h per caller`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BudgetLimit {
    max: u64,
    unit: BudgetUnit,
    period: TimeDelta,
    scope: BudgetScope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BudgetUnit {
    Acts,
    Units,
    Machines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum BudgetScope {
    Caller,
    Model,
}

/// One act, as far as budgets count it.
#[derive(Debug, Clone, PartialEq)]
pub struct CountedChange {
    /// The caller, as one string.
    pub caller: String,
    /// Controller and model, `prod:admin/shop`.
    pub place: String,
    /// Time of the evaluation.
    pub time: DateTime<Utc>,
    /// Number of units that the act adds.
    pub units: u64,
    /// Number of machines or nodes that the act adds.
    pub machines: u64,
}

/// Usage at one time: usually one act.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Usage {
    id: u64,
    time: DateTime<Utc>,
    acts: u64,
    units: u64,
    machines: u64,
}

/// Recent changes by caller and by model. Cheap to clone; clones share their counters.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<Mutex<Counters>>);

#[derive(Debug, Default)]
struct Counters {
    next: u64,
    by_key: HashMap<(BudgetScope, String), VecDeque<Usage>>,
}

/// A counted act. [`Reservation::release`] removes it again, if the act is not performed.
#[derive(Debug, Clone)]
pub struct Reservation {
    budget: Budget,
    id: u64,
    change: CountedChange,
    usage: HashMap<BudgetScope, Vec<Usage>>,
}

impl PartialEq for Reservation {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.usage == other.usage
    }
}

impl Budget {
    /// How long changes are counted; no budget has a longer period.
    pub const MAX_PERIOD: TimeDelta = TimeDelta::days(7);

    /// Restores the changes that the store restored after a restart, the oldest first. A change with a time after `now` counts
    /// at `now`: its real time is unknown, and it must neither be dropped nor count forever.
    #[must_use]
    pub fn restore(changes: impl IntoIterator<Item = CountedChange>, now: DateTime<Utc>) -> Self {
        let mut counters = Counters::default();
        for change in changes {
            counters.add(&CountedChange { time: change.time.min(now), ..change }, now);
        }
        Self(Arc::new(Mutex::new(counters)))
    }

    /// Counts an act of a caller before its evaluation, so that of two concurrent acts the second includes the first.
    #[must_use]
    pub fn reserve(&self, caller: &str, act: &Act, now: DateTime<Utc>) -> Reservation {
        let change = CountedChange {
            caller: caller.to_owned(),
            place: format!("{}:{}", act.controller().unwrap_or_default(), act.model().unwrap_or_default()),
            time: now,
            units: act.impact.units_added,
            machines: foreign::machines_added(act),
        };
        let mut counters = self.0.lock();
        let id = counters.add(&change, now);
        let usage_of = |key: (BudgetScope, String)| {
            (key.0, counters.by_key.get(&key).into_iter().flatten().copied().collect::<Vec<_>>())
        };
        let usage = change.keys().map(usage_of).into();
        drop(counters);
        Reservation { budget: self.clone(), id, change, usage }
    }
}

impl CountedChange {
    fn keys(&self) -> [(BudgetScope, String); 2] {
        [(BudgetScope::Caller, self.caller.clone()), (BudgetScope::Model, self.place.clone())]
    }
}

impl Counters {
    fn add(&mut self, change: &CountedChange, now: DateTime<Utc>) -> u64 {
        self.next += 1;
        let CountedChange { time, units, machines, .. } = *change;
        let usage = Usage { id: self.next, time, acts: 1, units, machines };
        self.drop_idle(now);
        for key in change.keys() {
            let queue = self.by_key.entry(key).or_default();
            queue.push_back(usage);
            while queue.front().is_some_and(|first| now - first.time > Budget::MAX_PERIOD) {
                queue.pop_front();
            }
            if queue.len() > MAX_EXACT
                && let (Some(oldest), Some(next)) = (queue.pop_front(), queue.front_mut())
            {
                next.acts += oldest.acts;
                next.units = next.units.saturating_add(oldest.units);
                next.machines = next.machines.saturating_add(oldest.machines);
            }
        }
        self.next
    }

    fn drop_idle(&mut self, now: DateTime<Utc>) {
        if self.by_key.len() > MAX_COUNTERS {
            self.by_key.retain(|_, queue| queue.back().is_some_and(|last| now - last.time <= Budget::MAX_PERIOD));
        }
    }
}

impl Reservation {
    /// What is counted of the act.
    #[must_use]
    pub fn change(&self) -> &CountedChange {
        &self.change
    }

    /// Removes the act from the counters, because it is not performed.
    pub fn release(&self) {
        let mut counters = self.budget.0.lock();
        for key in self.change.keys() {
            if let Some(queue) = counters.by_key.get_mut(&key) {
                queue.retain(|usage| usage.id != self.id);
            }
        }
    }
}

impl BudgetLimit {
    /// How an act exceeds the limit, in words. `Err` with the name of the missing value, if acts are not counted.
    pub(crate) fn excess(
        &self,
        act: &Act,
        reservation: Option<&Reservation>,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, String> {
        if !act.effect.changes() {
            return Ok(None);
        }
        let Some(reservation) = reservation else { return Err("the usage of the budget".to_owned()) };
        let usage = reservation.usage.get(&self.scope).map(Vec::as_slice).unwrap_or_default();
        let counted = usage.iter().filter(|usage| now - usage.time < self.period);
        let (sum, unit): (u64, _) = match self.unit {
            BudgetUnit::Acts => (counted.map(|usage| usage.acts).fold(0, u64::saturating_add), "acts"),
            BudgetUnit::Units => (counted.map(|usage| usage.units).fold(0, u64::saturating_add), "units"),
            BudgetUnit::Machines => (counted.map(|usage| usage.machines).fold(0, u64::saturating_add), "machines"),
        };
        let scope = if self.scope == BudgetScope::Caller { "caller" } else { "model" };
        Ok((sum > self.max).then(|| format!("{sum} {unit} of {} for this {scope}, this one included", self.max)))
    }

    /// Parses `20 acts per 1h per caller`: acts, units or machines; minutes, hours or days; a caller or a model.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let invalid =
            || format!("expected a budget like `20 acts per 1h per caller`, of a week at most, found: {text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        let [max, unit, "per", period, "per", scope] = words.as_slice() else { return Err(invalid()) };
        let max: u32 = max.parse().map_err(|_| invalid())?;
        let unit = match *unit {
            "acts" => BudgetUnit::Acts,
            "units" => BudgetUnit::Units,
            "machines" => BudgetUnit::Machines,
            _ => return Err(invalid()),
        };
        let scope = match *scope {
            "caller" => BudgetScope::Caller,
            "model" => BudgetScope::Model,
            _ => return Err(invalid()),
        };
        let suffix = period.chars().next_back().ok_or_else(invalid)?;
        let number: i64 = period[..period.len() - suffix.len_utf8()].parse().map_err(|_| invalid())?;
        let period = match suffix {
            'm' => TimeDelta::try_minutes(number),
            'h' => TimeDelta::try_hours(number),
            'd' => TimeDelta::try_days(number),
            _ => None,
        };
        let valid = |period: &TimeDelta| TimeDelta::zero() < *period && *period <= Budget::MAX_PERIOD;
        Ok(Self { max: u64::from(max), unit, period: period.filter(valid).ok_or_else(invalid)?, scope })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Effect, Impact, Target};

    fn act(model: &str, units: u64) -> Act {
        let act = Act::new("juju_add_unit", Effect::Write).with_target(Target::in_model("eu", model, []));
        Act { impact: Impact { units_added: units, ..Impact::default() }, ..act }
    }

    /// By how much an act exceeds a limit if it is reserved at a minute, and its reservation.
    fn reserve(budget: &Budget, limit: &str, caller: &str, act: &Act, minute: i64) -> (Option<String>, Reservation) {
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let reserved = budget.reserve(caller, act, now);
        let excess = BudgetLimit::parse(limit).expect(limit).excess(act, Some(&reserved), now).expect("counted");
        (excess, reserved)
    }

    #[test]
    fn budget_counts_acts_of_a_caller_within_the_period() {
        let (budget, limit) = (Budget::default(), "2 acts per 60m per caller");
        let excess = |caller: &str, minute| reserve(&budget, limit, caller, &act("ana/shop", 1), minute).0;
        assert_eq!((excess("ana", 0), excess("ana", 10)), (None, None));
        assert_eq!(excess("ana", 20).as_deref(), Some("3 acts of 2 for this caller, this one included"));
        assert_eq!(excess("bob", 20), None, "every caller has an own budget");
        assert_eq!(excess("ana", 75).as_deref(), None, "the period includes the act at 20 only");
    }

    #[test]
    fn budget_counts_units_of_a_model_for_all_callers() {
        let (budget, limit) = (Budget::default(), "5 units per 1h per model");
        assert_eq!(reserve(&budget, limit, "ana", &act("ana/shop", 3), 0).0, None);
        assert_eq!(reserve(&budget, limit, "bob", &act("ana/other", 3), 0).0, None);
        let over = reserve(&budget, limit, "bob", &act("ana/shop", 3), 1).0;
        assert_eq!(over.as_deref(), Some("6 units of 5 for this model, this one included"));
    }

    #[test]
    fn released_reservation_does_not_count() {
        let (budget, limit) = (Budget::default(), "1 acts per 1d per caller");
        let (over, reserved) = reserve(&budget, limit, "ana", &act("ana/shop", 1), 0);
        assert_eq!(over, None);
        reserved.release();
        assert_eq!(reserve(&budget, limit, "ana", &act("ana/shop", 1), 1).0, None);
        assert!(reserve(&budget, limit, "ana", &act("ana/shop", 1), 2).0.is_some());
    }

    #[test]
    fn read_does_not_use_the_budget() {
        let read = Act { effect: Effect::Read, ..act("ana/shop", 1) };
        let limit = BudgetLimit::parse("0 acts per 1h per caller").expect("good");
        assert_eq!(limit.excess(&read, None, DateTime::UNIX_EPOCH), Ok(None));
    }

    #[test]
    fn idle_callers_are_dropped_after_a_week() {
        let budget = Budget::default();
        for number in 0..3 * MAX_COUNTERS {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(10 * i64::try_from(number).expect("small"));
            let _ = budget.reserve(&format!("caller {number}"), &act("ana/shop", 1), now);
        }
        assert!(budget.0.lock().by_key.len() <= MAX_COUNTERS + 2);
    }

    #[test]
    fn merged_changes_still_count_their_units() {
        let (budget, limit) = (Budget::default(), "5 units per 1d per model");
        assert_eq!(reserve(&budget, limit, "ana", &act("ana/shop", 5), 0).0, None);
        for _ in 0..=MAX_EXACT {
            let _ = budget.reserve("ana", &act("ana/shop", 0), DateTime::UNIX_EPOCH);
        }
        let over = reserve(&budget, limit, "ana", &act("ana/shop", 1), 1).0;
        assert_eq!(over.as_deref(), Some("6 units of 5 for this model, this one included"));
        assert!(reserve(&budget, "10001 acts per 1h per caller", "ana", &act("ana/shop", 1), 2).0.is_some());
    }

    #[test]
    fn restored_changes_count_and_a_future_time_counts_as_now() {
        let (budget, limit) = (Budget::default(), "1 acts per 1h per caller");
        let first = reserve(&budget, limit, "ana", &act("ana/shop", 1), 0).1;
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let again = Budget::restore([first.change().clone()], at(30));
        assert!(reserve(&again, limit, "ana", &act("ana/shop", 1), 31).0.is_some());
        assert_eq!(reserve(&again, limit, "bob", &act("ana/shop", 1), 31).0, None);
        let ahead = Budget::restore([CountedChange { time: at(100_000), ..first.change().clone() }], at(30));
        assert!(reserve(&ahead, limit, "ana", &act("ana/shop", 1), 31).0.is_some(), "it is not dropped");
        let ahead = Budget::restore([CountedChange { time: at(100_000), ..first.change().clone() }], at(30));
        assert_eq!(reserve(&ahead, limit, "ana", &act("ana/shop", 1), 91).0, None, "it does not count forever");
    }

    #[test]
    fn budget_period_is_at_most_a_week() {
        for good in ["1 acts per 1m per caller", "9 units per 168h per model", "2 machines per 7d per caller"] {
            assert!(BudgetLimit::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "1 acts per 8d per caller",
            "1 acts per 0h per caller",
            "1 acts per -1h per caller",
            "1 acts per 9999999999999999d per caller",
        ] {
            assert!(BudgetLimit::parse(bad).is_err(), "{bad}");
        }
    }
}
