//! The recent changes of one model, bounded by number and age.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use estate::{EntityChange, EntityName, EstateEvent, ModelGraph, RelationNode};

/// Changes that are stored of a model.
const MAX_ENTRIES: usize = 5_000;
/// Maximum age of a change.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);

/// The recent changes of one model, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct ModelHistory {
    entries: VecDeque<HistoryEntry>,
    /// Relations by number, those that are gone included: an event of their end has only the number.
    relations: BTreeMap<i64, RelationNode>,
}

/// A change with its time, by the controller's clock where it reports one.
#[derive(Debug, Clone)]
pub struct HistoryEntry {
    /// When it happened.
    pub time: DateTime<Utc>,
    /// The entity.
    pub entity: EntityName,
    /// What happened.
    pub change: EntityChange,
}

impl ModelHistory {
    /// Adds an event that arrived before `now`.
    pub fn record(&mut self, event: &EstateEvent, now: DateTime<Utc>) {
        if event.change.is_about_watching() {
            return;
        }
        let since = match &event.change {
            EntityChange::Status(transition)
            | EntityChange::AgentStatus(transition)
            | EntityChange::Down(transition)
            | EntityChange::Finished(transition) => transition.since,
            _ => None,
        };
        // a failed hook has the time of the status that arrived with it
        let last = self.entries.back().filter(|last| last.entity == event.entity && is_status(&last.change));
        let failed = matches!(event.change, EntityChange::HookFailed { .. });
        let time = since.or_else(|| last.filter(|_| failed).map(|last| last.time)).unwrap_or(now).min(now);
        self.entries.push_back(HistoryEntry { time, entity: event.entity.clone(), change: event.change.clone() });
        self.drop_old(now);
    }

    fn drop_old(&mut self, now: DateTime<Utc>) {
        let is_old = |entry: &HistoryEntry| now.signed_duration_since(entry.time) > MAX_AGE;
        while self.entries.len() > MAX_ENTRIES || self.entries.front().is_some_and(is_old) {
            self.entries.pop_front();
        }
    }

    /// Remembers the relations that exist.
    pub fn remember_relations(&mut self, graph: &ModelGraph) {
        for (id, relation) in &graph.relations {
            if !self.relations.contains_key(id) {
                self.relations.insert(*id, relation.clone());
            }
        }
    }

    /// A relation that exists or has existed.
    #[must_use]
    pub fn relation(&self, id: i64) -> Option<&RelationNode> {
        self.relations.get(&id)
    }

    /// The changes after `time`.
    pub fn since(&self, time: DateTime<Utc>) -> impl Iterator<Item = &HistoryEntry> {
        self.entries.iter().filter(move |entry| entry.time > time)
    }

    /// The changes of an entity after `time`.
    pub fn of<'a>(&'a self, entity: &'a EntityName, time: DateTime<Utc>) -> impl Iterator<Item = &'a HistoryEntry> {
        self.since(time).filter(move |entry| entry.entity == *entity)
    }
}

fn is_status(change: &EntityChange) -> bool {
    matches!(change, EntityChange::Status(_) | EntityChange::AgentStatus(_))
}
