//! Change budgets: how many changes a caller makes, or a model receives, in a period, and what they cost. Counted in memory; clock and
//! store are outside.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;

use super::{
    cost::{Hundredths, MonthlyCost, Prices},
    foreign,
};
use crate::Act;

/// Maximum number of changes that are counted one by one for a caller or model; older ones are merged.
const MAX_EXACT: usize = 2_000;
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
    /// What the acts add to the monthly bill.
    Cost,
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
    /// What the act adds to the monthly bill, in hundredths of the currency.
    pub cost: u64,
}

/// Usage at one time: usually one act.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Usage {
    id: u64,
    time: DateTime<Utc>,
    acts: u64,
    units: u64,
    machines: u64,
    cost: u64,
}

/// Recent changes by caller and by model. Cheap to clone; clones share their counters.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<Mutex<Counters>>);

#[derive(Debug, Default)]
struct Counters {
    next: u64,
    by_key: HashMap<(BudgetScope, String), VecDeque<Usage>>,
}

/// The share of an act: counted until [`Reservation::release`], or only compared with what is counted.
#[derive(Debug, Clone)]
pub struct Reservation {
    budget: Budget,
    id: u64,
    change: CountedChange,
    /// The price or size that is unknown, in a few words.
    unknown_cost: Option<String>,
}

impl PartialEq for Reservation {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.change == other.change
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
            let id = counters.next_id();
            counters.add(id, &CountedChange { time: change.time.min(now), ..change }, now);
        }
        Self(Arc::new(Mutex::new(counters)))
    }

    /// Counts an act of a caller before its evaluation, so that of two concurrent acts the second includes the first.
    #[must_use]
    pub fn reserve(&self, caller: &str, act: &Act, prices: &Prices, now: DateTime<Utc>) -> Reservation {
        let (change, unknown_cost) = CountedChange::of_act(caller, act, prices, now);
        let mut counters = self.0.lock();
        let id = counters.next_id();
        counters.add(id, &change, now);
        drop(counters);
        Reservation { budget: self.clone(), id, change, unknown_cost }
    }

    /// As [`Self::reserve`] for an act that is only evaluated: the acts of others do not include it.
    #[must_use]
    pub fn preview(&self, caller: &str, act: &Act, prices: &Prices, now: DateTime<Utc>) -> Reservation {
        let (change, unknown_cost) = CountedChange::of_act(caller, act, prices, now);
        let id = self.0.lock().next_id();
        Reservation { budget: self.clone(), id, change, unknown_cost }
    }
}

impl CountedChange {
    /// The share of an act, and the price or size that is unknown.
    fn of_act(caller: &str, act: &Act, prices: &Prices, now: DateTime<Utc>) -> (Self, Option<String>) {
        let (Hundredths(cost), unknown_cost) = match MonthlyCost::of_act(act, prices) {
            Some(MonthlyCost { hundredths, unknown }) => (hundredths, unknown),
            None => (Hundredths(0), None),
        };
        let change = Self {
            caller: caller.to_owned(),
            place: format!("{}:{}", act.controller().unwrap_or_default(), act.model().unwrap_or_default()),
            time: now,
            units: act.impact.units_added,
            machines: foreign::machines_added(act),
            cost,
        };
        (change, unknown_cost)
    }

    fn keys(&self) -> [(BudgetScope, String); 2] {
        [BudgetScope::Caller, BudgetScope::Model].map(|scope| self.key(scope))
    }

    fn key(&self, scope: BudgetScope) -> (BudgetScope, String) {
        match scope {
            BudgetScope::Caller => (scope, self.caller.clone()),
            BudgetScope::Model => (scope, self.place.clone()),
        }
    }
}

impl Usage {
    /// Adds older usage, which then counts as long as this.
    fn merge(&mut self, older: &Self) {
        for (sum, more) in [
            (&mut self.acts, older.acts),
            (&mut self.units, older.units),
            (&mut self.machines, older.machines),
            (&mut self.cost, older.cost),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

impl Counters {
    fn next_id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn add(&mut self, id: u64, change: &CountedChange, now: DateTime<Utc>) {
        let CountedChange { time, units, machines, cost, .. } = *change;
        let usage = Usage { id, time, acts: 1, units, machines, cost };
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
                next.merge(&oldest);
            }
        }
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

    /// The sum of what was counted before this act, and is younger than `period`.
    fn earlier(&self, scope: BudgetScope, unit: BudgetUnit, period: TimeDelta, now: DateTime<Utc>) -> u64 {
        let counters = self.budget.0.lock();
        let queue = counters.by_key.get(&self.change.key(scope)).into_iter().flatten();
        let counted = queue.filter(|usage| usage.id < self.id && now - usage.time < period);
        counted.map(|usage| unit.amount(usage)).fold(0, u64::saturating_add)
    }

    /// The share of this act alone.
    fn own(&self) -> Usage {
        let CountedChange { time, units, machines, cost, .. } = self.change;
        Usage { id: self.id, time, acts: 1, units, machines, cost }
    }
}

impl BudgetUnit {
    fn amount(self, usage: &Usage) -> u64 {
        match self {
            Self::Acts => usage.acts,
            Self::Units => usage.units,
            Self::Machines => usage.machines,
            Self::Cost => usage.cost,
        }
    }

    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "acts" => Self::Acts,
            "units" => Self::Units,
            "machines" => Self::Machines,
            "cost" => Self::Cost,
            _ => return None,
        })
    }
}

impl BudgetLimit {
    /// Whether it limits the cost of acts.
    pub(crate) fn counts_cost(&self) -> bool {
        self.unit == BudgetUnit::Cost
    }

    /// How an act exceeds the limit, in words. `Err` with the name of the missing value, if acts are not counted or the price of this
    /// one is unknown. An act that adds nothing of what the budget limits does not exceed it, whatever others used.
    pub(crate) fn excess(
        &self,
        act: &Act,
        reservation: Option<&Reservation>,
        now: DateTime<Utc>,
        currency: &str,
    ) -> Result<Option<String>, String> {
        if !act.effect.changes() {
            return Ok(None);
        }
        let Some(reservation) = reservation else { return Err("the usage of the budget".to_owned()) };
        if let (BudgetUnit::Cost, Some(what)) = (self.unit, &reservation.unknown_cost) {
            return Err(what.clone());
        }
        let own = self.unit.amount(&reservation.own());
        if own == 0 {
            return Ok(None);
        }
        let sum = own.saturating_add(reservation.earlier(self.scope, self.unit, self.period, now));
        let max = if self.unit == BudgetUnit::Cost { self.max.saturating_mul(100) } else { self.max };
        let amount = match self.unit {
            BudgetUnit::Acts => format!("{sum} acts"),
            BudgetUnit::Units => format!("{sum} units"),
            BudgetUnit::Machines => format!("{sum} machines"),
            BudgetUnit::Cost => format!("{} {currency} a month", Hundredths(sum)),
        };
        let scope = if self.scope == BudgetScope::Caller { "caller" } else { "model" };
        Ok((sum > max).then(|| format!("{amount} of {} for this {scope}, this one included", self.max)))
    }

    /// Parses `20 acts per 1h per caller`: acts, units, machines or cost; minutes, hours or days; a caller or a model.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let invalid = || {
            format!(
                "expected a budget like `20 acts per 1h per caller`, of `acts`, `units`, `machines` or `cost`, of a week at most, \
                 per `caller` or `model`, found: {text}"
            )
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let [max, unit, "per", period, "per", scope] = words.as_slice() else { return Err(invalid()) };
        let max: u32 = max.parse().map_err(|_| invalid())?;
        let unit = BudgetUnit::parse(unit).ok_or_else(invalid)?;
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
        let reserved = budget.reserve(caller, act, &Prices::default(), now);
        let excess = BudgetLimit::parse(limit).expect(limit).excess(act, Some(&reserved), now, "USD").expect("counted");
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
        assert_eq!(limit.excess(&read, None, DateTime::UNIX_EPOCH, "USD"), Ok(None));
    }

    #[test]
    fn idle_callers_are_dropped_after_a_week() {
        let budget = Budget::default();
        for number in 0..3 * MAX_COUNTERS {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(10 * i64::try_from(number).expect("small"));
            let _ = budget.reserve(&format!("caller {number}"), &act("ana/shop", 1), &Prices::default(), now);
        }
        assert!(budget.0.lock().by_key.len() <= MAX_COUNTERS + 2);
    }

    #[test]
    fn merged_changes_still_count_their_units() {
        let (budget, limit) = (Budget::default(), "5 units per 1d per model");
        assert_eq!(reserve(&budget, limit, "ana", &act("ana/shop", 5), 0).0, None);
        for _ in 0..=MAX_EXACT {
            let _ = budget.reserve("ana", &act("ana/shop", 0), &Prices::default(), DateTime::UNIX_EPOCH);
        }
        let over = reserve(&budget, limit, "ana", &act("ana/shop", 1), 1).0;
        assert_eq!(over.as_deref(), Some("6 units of 5 for this model, this one included"));
        assert!(reserve(&budget, "2001 acts per 1h per caller", "ana", &act("ana/shop", 1), 2).0.is_some());
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

    /// An act that adds units of a size.
    fn sized(units: u64, constraints: &str) -> Act {
        let sized = act("ana/shop", units);
        Act { impact: Impact { constraints: Some(constraints.to_owned()), ..sized.impact }, ..sized }
    }

    #[test]
    fn cost_budget_sums_the_acts_of_a_period() {
        let (budget, limit) = (Budget::default(), "100 cost per 60m per caller");
        let excess = |act: &Act, minute| reserve(&budget, limit, "ana", act, minute).0;
        assert_eq!((excess(&act("ana/shop", 1), 0), excess(&act("ana/other", 1), 10)), (None, None));
        let over = excess(&act("ana/shop", 1), 20);
        assert_eq!(over.as_deref(), Some("105 USD a month of 100 for this caller, this one included"));
        assert_eq!(excess(&sized(1, "mem=512M cores=1"), 75).as_deref(), None, "26.50 more than the 35 at 20");
        let over = excess(&sized(1, "mem=16G"), 76);
        assert_eq!(over.as_deref(), Some("134.50 USD a month of 100 for this caller, this one included"));
    }

    #[test]
    fn act_that_adds_nothing_of_a_budget_does_not_exceed_it() {
        let budget = Budget::default();
        let config = Act { impact: Impact::default(), ..act("ana/shop", 0) };
        for limit in ["10 cost per 1h per model", "0 units per 1h per model", "0 machines per 1h per caller"] {
            assert!(reserve(&budget, "1 units per 1h per model", "ana", &act("ana/shop", 2), 0).0.is_some());
            assert_eq!(reserve(&budget, limit, "ana", &config, 1).0, None, "{limit}");
        }
    }

    #[test]
    fn act_of_unknown_cost_is_unknown_and_counts_at_the_default_price() {
        let budget = Budget::default();
        let limit = BudgetLimit::parse("100 cost per 1h per caller").expect("good");
        let unlisted = sized(2, "instance-type=m5.metal");
        let reserved = budget.reserve("ana", &unlisted, &Prices::default(), DateTime::UNIX_EPOCH);
        let unknown = limit.excess(&unlisted, Some(&reserved), DateTime::UNIX_EPOCH, "USD");
        assert_eq!(unknown, Err("the price of the instance type `m5.metal`".to_owned()));
        assert!(reserve(&budget, "100 cost per 1h per caller", "ana", &act("ana/shop", 1), 1).0.is_some());
    }

    #[test]
    fn previewed_act_includes_the_others_but_no_other_includes_it() {
        let (budget, now) = (Budget::default(), DateTime::UNIX_EPOCH);
        let limit = BudgetLimit::parse("2 units per 1h per model").expect("good");
        let one = act("ana/shop", 1);
        let preview = |budget: &Budget| {
            let previewed = budget.preview("ana", &one, &Prices::default(), now);
            limit.excess(&one, Some(&previewed), now, "USD").expect("counted").is_some()
        };
        assert!((0..10).all(|_| !preview(&budget)), "ten of them count as one");
        let previewed = budget.preview("ana", &one, &Prices::default(), now);
        let first = reserve(&budget, "2 units per 1h per model", "ana", &one, 0);
        previewed.release();
        let second = reserve(&budget, "2 units per 1h per model", "ana", &one, 0);
        assert_eq!((first.0, second.0), (None, None));
        assert!(preview(&budget), "a third one exceeds");
    }

    /// Numbers that look random and are the same in each run.
    struct Sequence(u64);

    impl Sequence {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % bound
        }
    }

    #[test]
    fn budgets_agree_with_a_plain_sum_for_generated_sequences() {
        let limits = [
            "7 acts per 2h per caller",
            "9 units per 90m per model",
            "400 cost per 3h per caller",
            "350 cost per 1h per model",
        ];
        for seed in 0..60 {
            let (mut random, budget) = (Sequence(seed), Budget::default());
            // performed acts: minute, caller, model, units, hundredths
            let mut done: Vec<(i64, &str, &str, u64, u64)> = Vec::new();
            let mut minute = 0;
            for _ in 0..120 {
                minute += i64::try_from(random.below(20)).expect("small");
                let caller = ["ana", "bob"][usize::try_from(random.below(2)).expect("small")];
                let model = ["ana/shop", "ana/eu", "bob/shop"][usize::try_from(random.below(3)).expect("small")];
                let units = random.below(4);
                let (constraints, price) =
                    [("mem=1G", 2_800), ("cores=2 mem=4G", 6_200)][usize::try_from(random.below(2)).expect("small")];
                let wanted = Act { target: Target::in_model("eu", model, []), ..sized(units, constraints) };
                let limit = limits[usize::try_from(random.below(4)).expect("small")];
                let (excess, reserved) = reserve(&budget, limit, caller, &wanted, minute);
                let sum = |window: i64, of_caller: bool, amount: fn(&(i64, &str, &str, u64, u64)) -> u64| -> u64 {
                    let same =
                        |act: &&(i64, &str, &str, u64, u64)| if of_caller { act.1 == caller } else { act.2 == model };
                    done.iter().filter(same).filter(|act| minute - act.0 < window).map(amount).sum()
                };
                let own_cost = units * price;
                let expected = match limit {
                    "7 acts per 2h per caller" => sum(120, true, |_| 1) + 1 > 7,
                    "9 units per 90m per model" => units > 0 && sum(90, false, |act| act.3) + units > 9,
                    "400 cost per 3h per caller" => units > 0 && sum(180, true, |act| act.4) + own_cost > 40_000,
                    _ => units > 0 && sum(60, false, |act| act.4) + own_cost > 35_000,
                };
                assert_eq!(excess.is_some(), expected, "seed {seed}, minute {minute}, {limit}: {excess:?}");
                // an act within its limit is performed, or fails and is released
                if expected || random.below(5) == 0 {
                    reserved.release();
                } else {
                    done.push((minute, caller, model, units, own_cost));
                }
            }
        }
    }

    #[test]
    fn concurrent_acts_never_exceed_a_budget_together() {
        let (budget, limit) = (Budget::default(), "1000 cost per 1h per caller");
        let passed: usize = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let one = |_| {
                            let (excess, reserved) = reserve(&budget, limit, "ana", &act("ana/shop", 1), 0);
                            if excess.is_some() {
                                reserved.release();
                            }
                            usize::from(excess.is_none())
                        };
                        (0..50).map(one).sum::<usize>()
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().expect("no panic")).sum()
        });
        assert!((1..=28).contains(&passed), "28 units of 35 fit: {passed}");
        let left = 28 - passed;
        let more = (0..29).filter(|_| {
            let (excess, reserved) = reserve(&budget, limit, "ana", &act("ana/shop", 1), 1);
            excess.inspect(|_| reserved.release()).is_none()
        });
        assert_eq!(more.count(), left, "what was refused is released");
    }
}
