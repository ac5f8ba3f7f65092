//! Change budgets: how much a caller, or a model, may take in a span of time. The state is in memory, the clock outside.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::measure;
use crate::{Act, Circumstances, selector::Matter};

/// So many acts are remembered for one caller or model; who does more is over every budget that could be kept.
const REMEMBERED: usize = 10_000;
/// So many callers and models; those whose last change is longest ago are forgotten first.
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

/// One change, as far as budgets count it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spent {
    id: u64,
    time: DateTime<Utc>,
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
    keys: Vec<(Whose, String)>,
    spent: HashMap<Whose, Vec<Spent>>,
}

impl PartialEq for Reserved {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.spent == other.spent
    }
}

impl Budget {
    /// Counts an act of a caller before it is judged, so that of two at once the second one sees the first.
    #[must_use]
    pub fn reserve(&self, caller: &str, act: &Act, now: DateTime<Utc>, back: TimeDelta) -> Reserved {
        let model = format!("{}:{}", act.controller, act.model);
        let keys = vec![(Whose::Caller, caller.to_owned()), (Whose::Model, model)];
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.next += 1;
        let id = counted.next;
        let this = Spent { id, time: now, units: measure::units(act), machines: measure::machines(act) };
        counted.forget();
        let mut spent = HashMap::new();
        for key in &keys {
            let known = counted.by.entry(key.clone()).or_default();
            known.push_back(this);
            while known.len() > REMEMBERED || known.front().is_some_and(|first| now - first.time > back) {
                known.pop_front();
            }
            spent.insert(key.0, known.iter().copied().collect());
        }
        drop(counted);
        Reserved { budget: self.clone(), id, keys, spent }
    }
}

impl Counted {
    fn forget(&mut self) {
        if self.by.len() > KNOWN {
            let last = |spent: &VecDeque<Spent>| spent.back().map(|last| last.time);
            let mut times: Vec<_> = self.by.values().map(last).collect();
            times.sort_unstable();
            let old = times[times.len() / 2];
            self.by.retain(|_, spent| last(spent) > old);
        }
    }
}

impl Reserved {
    /// The act was not done, so it does not count.
    pub fn give_back(&self) {
        let mut counted = self.budget.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.keys {
            if let Some(spent) = counted.by.get_mut(key) {
                spent.retain(|one| one.id != self.id);
            }
        }
    }
}

impl Limit {
    /// For how long back acts are counted.
    pub(crate) fn span(&self) -> TimeDelta {
        self.span
    }

    /// What is over the limit, in words; the name of what is not known where acts are not counted.
    pub(crate) fn excess(&self, matter: &Matter<'_>, circumstances: &Circumstances) -> Result<Option<String>, String> {
        if !matter.act.effect.changes() {
            return Ok(None);
        }
        let Some(reserved) = &circumstances.reserved else { return Err("what was spent of the budget".to_owned()) };
        let spent = reserved.spent.get(&self.whose).map(Vec::as_slice).unwrap_or_default();
        let in_span = spent.iter().filter(|one| circumstances.now - one.time < self.span);
        let (sum, word) = match self.what {
            What::Acts => (in_span.map(|_| 1.0).sum::<f64>(), "acts"),
            What::Units => (in_span.map(|one| one.units).sum(), "units"),
            What::Machines => (in_span.map(|one| one.machines).sum(), "machines"),
        };
        let whose = if self.whose == Whose::Caller { "caller" } else { "model" };
        Ok((sum > self.most).then(|| format!("{sum} {word} of {} for this {whose}, this one included", self.most)))
    }

    /// Reads `20 acts per 1h per caller`: acts, units or machines; minutes, hours or days; a caller or a model.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let wanted = || format!("a budget like `20 acts per 1h per caller` is wanted, not: {text}");
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
        // a week is the longest that is remembered
        let span = match unit {
            'm' if (1..=10_080).contains(&number) => TimeDelta::minutes(number),
            'h' if (1..=168).contains(&number) => TimeDelta::hours(number),
            'd' if (1..=7).contains(&number) => TimeDelta::days(number),
            _ => return Err(wanted()),
        };
        Ok(Self { most: f64::from(most), what, span, whose })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Effect;

    fn act(model: &str, units: u32) -> Act {
        Act {
            tool: "juju_add_unit".to_owned(),
            effect: Effect::Write,
            controller: "eu".to_owned(),
            model: model.to_owned(),
            targets: Vec::new(),
            arguments: json!({"application": "web", "num_units": units}),
        }
    }

    /// What is over the limit when an act is reserved at a minute, and the reservation.
    fn tried(budget: &Budget, limit: &str, caller: &str, act: &Act, minute: i64) -> (Option<String>, Reserved) {
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let reserved = budget.reserve(caller, act, now, TimeDelta::days(7));
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
    fn many_callers_do_not_fill_the_memory() {
        let budget = Budget::default();
        for number in 0..3 * KNOWN {
            let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(i64::try_from(number).expect("small"));
            let _ = budget.reserve(&format!("caller {number}"), &act("ana/shop", 1), now, TimeDelta::days(1));
        }
        assert!(budget.0.lock().expect("not poisoned").by.len() <= KNOWN + 2);
    }
}
