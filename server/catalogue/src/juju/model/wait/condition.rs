//! One condition of a wait: which entities it is about, what was seen of them, and whether they match.

use std::collections::BTreeMap;

use juju_wire::delta::{Delta, EntityInfo};
use policy::{EntityKind, TargetEntity};
use serde_json::{Map, Value, json};

use super::{
    entity::{ALL, Kind, Watched},
    query::Query,
};
use crate::target;

/// Most entities that a report names.
const MAX_NAMED: usize = 20;

/// How far a condition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It holds.
    Met,
    /// It may hold later.
    Open,
    /// It cannot hold any more: the entity is gone.
    Gone,
}

/// One condition with what was seen of its entities.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) kind: Kind,
    pub(super) name: String,
    query: Query,
    removed: bool,
    seen: BTreeMap<String, Watched>,
    /// Whether the entity was there before the connection broke.
    was_there: bool,
    /// Whether the controller has reported the whole model once.
    complete: bool,
}

impl Condition {
    pub(super) fn new(kind: Kind, name: &str, query: Option<&str>, removed: bool) -> Result<Self, String> {
        if removed && query.is_some() {
            return Err("`removed` excludes `query`: what is gone has no properties".to_owned());
        }
        if matches!(kind, Kind::Applications | Kind::Machines) && name != ALL {
            return Err(format!("`name` has to be `*` for all {} of the model, not: {name}", kind.word()));
        }
        let query = Query::parse(query.unwrap_or(kind.goal()), kind.names())?;
        let (seen, name) = (BTreeMap::new(), name.to_owned());
        Ok(Self { kind, name, query, removed, seen, was_there: false, complete: false })
    }

    /// Reads `unit web/0`, `unit web/0 removed` or `machine 0 status=="started"`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`also` has to hold texts like `unit web/0 removed`, not: {text}");
        let (word, rest) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let kind: Kind = serde_json::from_value(json!(word)).map_err(|_| wrong())?;
        let (name, query) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
        let read = match query.trim() {
            "" => Self::new(kind, name, None, false),
            "removed" => Self::new(kind, name, None, true),
            query => Self::new(kind, name, Some(query), false),
        };
        read.map_err(|problem| format!("`also`: {problem}"))
    }

    pub(super) fn entity(&self) -> Option<TargetEntity> {
        Some(match self.kind {
            Kind::Model => return None,
            Kind::Unit => target::unit(&self.name),
            Kind::Machine => target::machine(&self.name),
            _ if self.name == ALL => TargetEntity::All(EntityKind::Application),
            _ => target::application(&self.name),
        })
    }

    /// How reports call it: `application web`, `units of web`.
    pub(super) fn label(&self) -> String {
        match (self.kind.is_plural(), self.name.as_str()) {
            (true, ALL) => format!("{} of the model", self.kind.word()),
            (true, name) => format!("{} of {name}", self.kind.word()),
            (false, name) => format!("{} {name}", self.kind.word()),
        }
    }

    /// Forgets what was seen, for a new watcher, which reports everything again.
    pub(super) fn restart(&mut self) {
        let seen = std::mem::take(&mut self.seen);
        self.was_there = seen.values().any(|one| one.now().is_some());
        self.complete = false;
    }

    /// The entity of this condition that a change is about.
    fn key(&self, entity: &EntityInfo) -> Option<String> {
        let (key, of) = match (self.kind.single(), entity) {
            (Kind::Application, EntityInfo::Unit(unit)) => (&unit.application, &unit.application),
            (Kind::Application, EntityInfo::Application(one)) => (&one.name, &one.name),
            (Kind::Unit, EntityInfo::Unit(unit)) => (&unit.name, &unit.application),
            (Kind::Machine, EntityInfo::Machine(machine)) => (&machine.id, &machine.id),
            (Kind::Model, EntityInfo::Model(_)) => return Some(self.name.clone()),
            _ => return None,
        };
        let wanted = if self.kind.is_plural() { self.name == ALL || self.name == *of } else { self.name == *key };
        wanted.then(|| key.clone())
    }

    pub(super) fn take(&mut self, delta: &Delta) {
        let Some(key) = self.key(&delta.entity) else { return };
        let seen = self.seen.entry(key.clone()).or_default();
        seen.take(self.kind.single(), &key, delta);
        if seen.removed && self.kind.is_plural() {
            self.seen.remove(&key);
        }
    }

    /// The controller has reported the whole model.
    pub(super) fn complete(&mut self) {
        self.complete = true;
    }

    pub(super) fn state(&self) -> State {
        let now: Vec<_> = self.seen.values().filter_map(|one| Some((one.now()?, one.removed))).collect();
        if self.removed {
            let gone = self.complete && now.iter().all(|(_, removed)| *removed);
            return if gone { State::Met } else { State::Open };
        }
        if now.is_empty() {
            return if self.was_there && self.complete { State::Gone } else { State::Open };
        }
        match now.iter().all(|(properties, _)| self.query.holds(properties)) {
            true => State::Met,
            false if now.iter().any(|(_, removed)| *removed) => State::Gone,
            false => State::Open,
        }
    }

    /// The named properties of its entity, or of each of its entities that matches or does not.
    pub(super) fn properties(&self, matching: Option<bool>) -> Map<String, Value> {
        let now = self.seen.iter().filter_map(|(name, one)| Some((name, one.now()?)));
        let mut now = now.filter(|(_, now)| matching.is_none_or(|wanted| self.query.holds(now) == wanted));
        if self.kind.is_plural() {
            let named = now.take(MAX_NAMED).map(|(name, now)| (name.clone(), Value::Object(self.query.named(&now))));
            return named.collect();
        }
        now.next().map(|(_, now)| self.query.named(&now)).unwrap_or_default()
    }

    /// What there is now, as text.
    pub(super) fn shown(&self) -> String {
        if self.removed {
            return if self.state() == State::Met { "removed" } else { "still there" }.to_owned();
        }
        let matching = (self.kind.is_plural() && self.state() != State::Met).then_some(false);
        let properties = self.properties(matching);
        if properties.is_empty() { "not there".to_owned() } else { Value::Object(properties).to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(value: Value) -> Delta {
        serde_json::from_value(value).expect("a change")
    }

    fn unit(name: &str, status: &str, operation: &str) -> Delta {
        let application = name.split('/').next().unwrap_or_default();
        delta(json!(["unit", operation, {"name": name, "application": application, "life": "alive",
            "workload-status": {"current": status}}]))
    }

    #[test]
    fn condition_is_read_from_a_text() {
        for (text, label) in [
            ("unit web/0", "unit web/0"),
            ("units web removed", "units of web"),
            ("machines *", "machines of the model"),
            (r#"machine 0 status=="started""#, "machine 0"),
        ] {
            assert_eq!(Condition::parse(text).expect(text).label(), label);
        }
        for text in ["", "unit", "flat web", "machines 3", "unit web/0 colour==1", r#"unit web/0 removed status=="x""#]
        {
            let problem = Condition::parse(text).expect_err(text);
            assert!(problem.contains("`also`"), "{problem}");
        }
    }

    #[test]
    fn all_units_have_to_match_and_at_least_one_is_there() {
        let mut all = Condition::parse("units web").expect("a condition");
        assert_eq!(all.state(), State::Open);
        for change in
            [unit("web/0", "active", "change"), unit("web/1", "waiting", "change"), unit("db/0", "error", "change")]
        {
            all.take(&change);
        }
        assert_eq!(all.state(), State::Open);
        assert_eq!(all.shown(), r#"{"web/1":{"life":"alive","workload-status":"waiting"}}"#);
        all.take(&unit("web/1", "waiting", "remove"));
        assert_eq!(all.state(), State::Met);
    }

    #[test]
    fn removal_is_met_when_nothing_is_left() {
        let mut gone = Condition::parse("unit web/0 removed").expect("a condition");
        gone.take(&unit("web/0", "active", "change"));
        gone.complete();
        assert_eq!((gone.state(), gone.shown()), (State::Open, "still there".to_owned()));
        gone.take(&unit("web/0", "active", "remove"));
        assert_eq!((gone.state(), gone.shown()), (State::Met, "removed".to_owned()));
    }
}
