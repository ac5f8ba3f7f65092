//! The events of an estate in order, for a bounded time; each reader has its own place in them.
//!
//! A slow reader delays nothing and costs no memory: it has a number, not a queue. If events that it has not read are
//! dropped, its next batch has the number of them.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::{EstateEvent, EventId, ModelIdentity, graph::NamedChange};

/// How many events a log stores, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct EventRetention {
    /// Maximum number of events; default: 10,000.
    pub events: usize,
    /// Maximum age of an event; default: 1 h.
    pub age: Duration,
}

impl Default for EventRetention {
    fn default() -> Self {
        Self { events: 10_000, age: Duration::from_hours(1) }
    }
}

/// Events of all models of an estate, in the order of their arrival.
#[derive(Debug)]
pub struct EventLog {
    name: Arc<str>,
    retention: EventRetention,
    stored: Mutex<Stored>,
    /// The number of the next event.
    next: watch::Sender<u64>,
}

/// The events that are not dropped; the last has the number before `next`.
#[derive(Debug)]
struct Stored {
    events: VecDeque<Arc<EstateEvent>>,
    next: u64,
}

impl Stored {
    fn first(&self) -> u64 {
        self.next - self.events.len() as u64
    }
}

impl EventLog {
    /// An empty log; `name` is unique among all logs that the program and its earlier runs have had.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, retention: EventRetention) -> Self {
        let stored = Mutex::new(Stored { events: VecDeque::new(), next: 1 });
        Self { name: name.into(), retention, stored, next: watch::Sender::new(1) }
    }

    /// Appends changes of one model, and wakes the readers once.
    pub fn append(&self, model: &Arc<ModelIdentity>, changes: Vec<NamedChange>, time: DateTime<Utc>) {
        if changes.is_empty() {
            return;
        }
        let mut stored = self.stored.lock();
        for (entity, change) in changes {
            let id = EventId { log: Arc::clone(&self.name), number: stored.next };
            let event = EstateEvent { id, time, model: Arc::clone(model), entity, change };
            stored.events.push_back(Arc::new(event));
            stored.next += 1;
        }
        self.drop_old(&mut stored, time);
        let next = stored.next;
        drop(stored);
        self.next.send_modify(|value| *value = next.max(*value));
    }

    fn drop_old(&self, stored: &mut Stored, now: DateTime<Utc>) {
        let age = TimeDelta::from_std(self.retention.age).unwrap_or(TimeDelta::MAX);
        let is_old = |event: &Arc<EstateEvent>| now.signed_duration_since(event.time) > age;
        while stored.events.len() > self.retention.events || stored.events.front().is_some_and(is_old) {
            stored.events.pop_front();
        }
    }

    /// A reader of the events from now on.
    #[must_use]
    pub fn reader(self: &Arc<Self>) -> EventReader {
        self.reader_at(self.stored.lock().next)
    }

    /// The id of the latest event.
    #[must_use]
    pub fn last_id(&self) -> EventId {
        EventId { log: Arc::clone(&self.name), number: self.stored.lock().next - 1 }
    }

    /// A reader of the events that are stored, and of all later ones.
    #[must_use]
    pub fn reader_from_first(self: &Arc<Self>) -> EventReader {
        self.reader_at(self.stored.lock().first())
    }

    /// A reader of the events after `id`; `None` if the id is of another log or of the future, so that nothing is known of the
    /// events between. If events after the id are dropped, the first batch has their number.
    #[must_use]
    pub fn resume(self: &Arc<Self>, id: &EventId) -> Option<EventReader> {
        let known = id.log == self.name && id.number < self.stored.lock().next;
        known.then(|| self.reader_at(id.number + 1))
    }

    fn reader_at(self: &Arc<Self>, position: u64) -> EventReader {
        EventReader { log: Arc::clone(self), position, next: self.next.subscribe() }
    }
}

/// Reads a log from its own place on.
#[derive(Debug)]
pub struct EventReader {
    log: Arc<EventLog>,
    /// The number of the next event to read.
    position: u64,
    next: watch::Receiver<u64>,
}

/// Events in order.
#[derive(Debug, Clone, Default)]
pub struct EventBatch {
    /// Number of events before these that were dropped before this reader has read them.
    pub missed: u64,
    /// The events.
    pub events: Vec<Arc<EstateEvent>>,
}

impl EventReader {
    /// Waits for events, and returns at most `limit` of them. Cancelling the wait loses none.
    pub async fn next_batch(&mut self, limit: usize) -> EventBatch {
        // the log that this reader holds has the sender, so that the wait does not fail
        let position = self.position;
        let _ = self.next.wait_for(|next| *next > position).await;
        self.read(limit)
    }

    /// Returns at most `limit` events that are there; none if this reader has read all.
    pub fn read(&mut self, limit: usize) -> EventBatch {
        let stored = self.log.stored.lock();
        let first = stored.first();
        let missed = first.saturating_sub(self.position);
        let start = usize::try_from(self.position.max(first) - first).unwrap_or(usize::MAX);
        let events: Vec<_> = stored.events.iter().skip(start).take(limit).cloned().collect();
        drop(stored);
        self.position += missed + events.len() as u64;
        EventBatch { missed, events }
    }

    /// The id of the last event that this reader has passed.
    #[must_use]
    pub fn last_id(&self) -> EventId {
        EventId { log: Arc::clone(&self.log.name), number: self.position - 1 }
    }
}
