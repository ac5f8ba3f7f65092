//! Change budgets: how much a caller, or a model, may take in a span of time. Counted in memory; clock and store are outside.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::measure;
use crate::{Act, Circumstances, selector::Matter};

/// So many acts of one caller or model are counted one by one; of more, the oldest are counted together.
const SINGLY: usize = 10_000;
/// With more callers and models than this, those that changed nothing of late are forgotten.
const KNOWN: usize = 2_000;

/// A limit, `20 acts per 1h per caller`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limit {
    most: f64,
    what: What,
    span: TimeDelta,
    whose: Whose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Acts,
    Units,
    Machines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Whose {
    Caller,
    Model,
}

/// One act, as far as budgets count it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Who did it, as one text.
    pub caller: String,
    /// Controller and model, `prod:admin/shop`.
    pub place: String,
    /// When it was judged.
    pub time: DateTime<Utc>,
    /// Units that it adds.
    pub units: f64,
    /// Machines or nodes that it adds.
    pub machines: f64,
}

/// Acts at one time: mostly one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spent {
    id: u64,
    time: DateTime<Utc>,
    acts: f64,
    units: f64,
    machines: f64,
}

/// Changes of the last while, by caller and by model. Cheap to clone; clones count together.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    next: u64,
    by: HashMap<(Whose, String), VecDeque<Spent>>,
}

/// An act that is counted, unless it is given back because it is not done.
#[derive(Debug, Clone)]
pub struct Reserved {
    budget: Budget,
    id: u64,
    change: Change,
    spent: HashMap<Whose, Vec<Spent>>,
}

impl PartialEq for Reserved {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.spent == other.spent
    }
}

impl Budget {
    /// For so long acts are counted, and no budget has a longer span.
    pub const LONGEST: TimeDelta = TimeDelta::days(7);

    /// Counts what was done before, the oldest first, as a store kept it over a restart. What is said to be done later than `now`
    /// counts as done now: nobody knows when it was, and it must neither be forgotten nor count for ever.
    #[must_use]
    pub fn recall(changes: impl IntoIterator<Item = Change>, now: DateTime<Utc>) -> Self {
        let mut counted = Counted::default();
        for change in changes {
            counted.count(&Change { time: change.time.min(now), ..change }, now);
        }
        Self(Arc::new(Mutex::new(counted)))
    }

    /// Counts an act of a caller before it is judged, so that of two at once the second one sees the first.
    #[must_use]
    pub fn reserve(&self, caller: &str, act: &Act, now: DateTime<Utc>) -> Reserved {
        let change = Change {
            caller: caller.to_owned(),
            place: format!("{}:{}", act.controller().unwrap_or_default(), act.model().unwrap_or_default()),
            time: now,
            units: measure::units(act),
            machines: measure::machines(act),
        };
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = counted.count(&change, now);
        let of = |key: (Whose, String)| (key.0, counted.by.get(&key).into_iter().flatten().copied().collect());
        let spent = change.keys().map(of).into();
        drop(counted);
        Reserved { budget: self.clone(), id, change, spent }
    }
}

impl Change {
    fn keys(&self) -> [(Whose, String); 2] {
        [(Whose::Caller, self.caller.clone()), (Whose::Model, self.place.clone())]
    }
}

impl Counted {
    fn count(&mut self, change: &Change, now: DateTime<Utc>) -> u64 {
        self.next += 1;
        let Change { time, units, machines, .. } = *change;
        let this = Spent { id: self.next, time, acts: 1.0, units, machines };
        self.forget(now);
        for key in change.keys() {
            let known = self.by.entry(key).or_default();
            known.push_back(this);
            while known.front().is_some_and(|first| now - first.time > Budget::LONGEST) {
                known.pop_front();
            }
            if known.len() > SINGLY
                && let (Some(oldest), Some(next)) = (known.pop_front(), known.front_mut())
            {
                next.acts += oldest.acts;
                next.units += oldest.units;
                next.machines += oldest.machines;
            }
        }
        self.next
    }

    fn forget(&mut self, now: DateTime<Utc>) {
        if self.by.len() > KNOWN {
            self.by.retain(|_, spent| spent.back().is_some_and(|last| now - last.time <= Budget::LONGEST));
        }
    }
}

impl Reserved {
    /// What is counted of the act.
    #[must_use]
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The act was not done, so it does not count.
    pub fn give_back(&self) {
        let mut counted = self.budget.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in self.change.keys() {
            if let Some(spent) = counted.by.get_mut(&key) {
                spent.retain(|one| one.id != self.id);
            }
        }
    }
}

impl Limit {
    /// What is over the limit, in words; the name of what is not known where acts are not counted.
    pub(crate) fn excess(&self, matter: &Matter<'_>, circumstances: &Circumstances) -> Result<Option<String>, String> {
        if !matter.act.effect.changes() {
            return Ok(None);
        }
        let Some(reserved) = &circumstances.reserved else { return Err("what was spent of the budget".to_owned()) };
        let spent = reserved.spent.get(&self.whose).map(Vec::as_slice).unwrap_or_default();
        let in_span = spent.iter().filter(|one| circumstances.now - one.time < self.span);
        let (sum, word): (f64, _) = match self.what {
            What::Acts => (in_span.map(|one| one.acts).sum(), "acts"),
            What::Units => (in_span.map(|one| one.units).sum(), "units"),
            What::Machines => (in_span.map(|one| one.machines).sum(), "machines"),
        };
        let whose = if self.whose == Whose::Caller { "caller" } else { "model" };
        Ok((sum > self.most).then(|| format!("{sum} {word} of {} for this {whose}, this one included", self.most)))
    }

    /// Reads `20 acts per 1h per caller`: acts, units or machines; minutes, hours or days; a caller or a model.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let wanted = || format!("a budget like `20 acts per 1h per caller`, of a week at most, is wanted, not: {text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        let [most, what, "per", span, "per", whose] = words.as_slice() else { return Err(wanted()) };
        let most: u32 = most.parse().map_err(|_| wanted())?;
        let what = match *what {
            "acts" => What::Acts,
            "units" => What::Units,
            "machines" => What::Machines,
            _ => return Err(wanted()),
        };
        let whose = match *whose {
            "caller" => Whose::Caller,
            "model" => Whose::Model,
            _ => return Err(wanted()),
        };
        let unit = span.chars().next_back().ok_or_else(wanted)?;
        let number: i64 = span[..span.len() - unit.len_utf8()].parse().map_err(|_| wanted())?;
        let span = match unit {
            'm' => TimeDelta::try_minutes(number),
            'h' => TimeDelta::try_hours(number),
            'd' => TimeDelta::try_days(number),
            _ => None,
        };
        let fits = |span: &TimeDelta| TimeDelta::zero() < *span && *span <= Budget::LONGEST;
        Ok(Self { most: f64::from(most), what, span: span.filter(fits).ok_or_else(wanted)?, whose })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Effect, Target};

    fn act(model: &str, units: u32) -> Act {
        Act::new("juju_add_unit", Effect::Write)
            .with_target(Target::in_model("eu", model, []))
            .with_arguments(json!({"application": "web", "num_units": units}))
    }

    /// What is over the limit when an act is reserved at a minute, and the reservation.
    fn tried(budget: &Budget, limit: &str, caller: &str, act: &Act, minute: i64) -> (Option<String>, Reserved) {
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let reserved = budget.reserve(caller, act, now);
        let circumstances = Circumstances { reserved: Some(reserved.clone()), ..Circumstances::at(now) };
        let matter = Matter { act, toolset: "", roles: &[], production: false };
        (Limit::read(limit).expect(limit).excess(&matter, &circumstances).expect("counted"), reserved)
    }

    #[test]
    fn acts_count_for_their_caller_until_the_span_is_over() {
        let (budget, limit) = (Budget::default(), "2 acts per 60m per caller");
        let excess = |caller: &str, minute| tried(&budget, limit, caller, &act("ana/shop", 1), minute).0;
        assert_eq!((excess("ana", 0), excess("ana", 10)), (None, None));
        assert_eq!(excess("ana", 20).as_deref(), Some("3 acts of 2 for this caller, this one included"));
        assert_eq!(excess("bob", 20), None, "others have their own");
        assert_eq!(excess("ana", 75).as_deref(), None, "only the one at 20 is left beside it");
    }

    #[test]
    fn units_count_for_their_model_whoever_adds_them() {
        let (budget, limit) = (Budget::default(), "5 units per 1h per model");
        assert_eq!(tried(&budget, limit, "ana", &act("ana/shop", 3), 0).0, None);
        assert_eq!(tried(&budget, limit, "bob", &act("ana/other", 3), 0).0, None);
        let over = tried(&budget, limit, "bob", &act("ana/shop", 3), 1).0;
        assert_eq!(over.as_deref(), Some("6 units of 5 for this model, this one included"));
    }

    #[test]
    fn what_was_not_done_is_given_back() {
        let (budget, limit) = (Budget::default(), "1 acts per 1d per caller");
        let (over, reserved) = tried(&budget, limit, "ana", &act("ana/shop", 1), 0);
        assert_eq!(over, None);
        reserved.give_back();
        assert_eq!(tried(&budget, limit, "ana", &act("ana/shop", 1), 1).0, None);
        assert!(tried(&budget, limit, "ana", &act("ana/shop", 1), 2).0.is_some());
    }

    #[test]
    fn a_read_spends_nothing() {
        let read = Act { effect: Effect::Read, ..act("ana/shop", 1) };
        let matter = Matter { act: &read, toolset: "", roles: &[], production: false };
        let limit = Limit::read("0 acts per 1h per caller").expect("good");
        assert_eq!(limit.excess(&matter, &Circumstances::at(DateTime::UNIX_EPOCH)), Ok(None));
    }

    #[test]
    fn callers_that_changed_nothing_for_a_week_do_not_fill_the_memory() {
        let budget = Budget::default();
        for number in 0..3 * KNOWN {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(10 * i64::try_from(number).expect("small"));
            let _ = budget.reserve(&format!("caller {number}"), &act("ana/shop", 1), now);
        }
        assert!(budget.0.lock().expect("not poisoned").by.len() <= KNOWN + 2);
    }

    #[test]
    fn a_flood_of_acts_does_not_wash_out_what_was_added_before_it() {
        let (budget, limit) = (Budget::default(), "5 units per 1d per model");
        assert_eq!(tried(&budget, limit, "ana", &act("ana/shop", 5), 0).0, None);
        for _ in 0..=SINGLY {
            let _ = budget.reserve("ana", &act("ana/shop", 0), DateTime::UNIX_EPOCH);
        }
        let over = tried(&budget, limit, "ana", &act("ana/shop", 1), 1).0;
        assert_eq!(over.as_deref(), Some("6 units of 5 for this model, this one included"));
        assert!(tried(&budget, "10001 acts per 1h per caller", "ana", &act("ana/shop", 1), 2).0.is_some());
    }

    #[test]
    fn what_is_recalled_counts_on_and_a_time_to_come_counts_as_now() {
        let (budget, limit) = (Budget::default(), "1 acts per 1h per caller");
        let first = tried(&budget, limit, "ana", &act("ana/shop", 1), 0).1;
        let at = |minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let again = Budget::recall([first.change().clone()], at(30));
        assert!(tried(&again, limit, "ana", &act("ana/shop", 1), 31).0.is_some());
        assert_eq!(tried(&again, limit, "bob", &act("ana/shop", 1), 31).0, None);
        let ahead = Budget::recall([Change { time: at(100_000), ..first.change().clone() }], at(30));
        assert!(tried(&ahead, limit, "ana", &act("ana/shop", 1), 31).0.is_some(), "it is not forgotten");
        let ahead = Budget::recall([Change { time: at(100_000), ..first.change().clone() }], at(30));
        assert_eq!(tried(&ahead, limit, "ana", &act("ana/shop", 1), 91).0, None, "nor does it count for ever");
    }

    #[test]
    fn a_budget_has_a_span_of_at_most_a_week() {
        for good in ["1 acts per 1m per caller", "9 units per 168h per model", "2 machines per 7d per caller"] {
            assert!(Limit::read(good).is_ok(), "{good}");
        }
        for bad in [
            "1 acts per 8d per caller",
            "1 acts per 0h per caller",
            "1 acts per -1h per caller",
            "1 acts per 9999999999999999d per caller",
        ] {
            assert!(Limit::read(bad).is_err(), "{bad}");
        }
    }
}
