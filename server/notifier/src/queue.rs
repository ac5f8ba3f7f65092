//! All deliveries: which are to be sent, and what of them has to be stored. It has no clock and no I/O.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use observer::FindingChange;
use store::DocumentChange;

use crate::{Delivery, DeliveryStep, Receiver};

/// Kind of the documents of deliveries in the store.
pub const DELIVERY_KIND: &str = "notification";
/// Id of the document with the number of the last change; no receiver has an empty name.
const POSITION: &str = "/position";

/// All deliveries by id.
#[derive(Debug, Default)]
pub struct DeliveryQueue {
    deliveries: BTreeMap<String, Delivery>,
    /// Number of the last change of a finding that is queued.
    position: u64,
    /// Ids of documents that the store does not have as they are here.
    unsaved: BTreeSet<String>,
    limit: usize,
    /// Deliveries that were dropped above the limit, by receiver.
    dropped: BTreeMap<String, u64>,
}

impl DeliveryQueue {
    /// The queue that the store has, of at most `limit` deliveries. A document that this program cannot read is left out, and
    /// its id returned.
    #[must_use]
    pub fn from_documents(documents: Vec<(String, String)>, limit: usize) -> (Self, Vec<String>) {
        let (mut queue, mut unreadable) = (Self { limit, ..Self::default() }, Vec::new());
        for (id, body) in documents {
            if id == POSITION {
                queue.position = body.parse().unwrap_or_default();
            } else if let Ok(delivery) = serde_json::from_str(&body) {
                queue.deliveries.insert(id, delivery);
            } else {
                unreadable.push(id);
            }
        }
        (queue, unreadable)
    }

    /// Number of the last change of a finding that is queued.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Queues a change of a finding for the receivers that want it.
    pub fn apply<'a>(&mut self, change: &FindingChange, receivers: impl IntoIterator<Item = &'a Receiver>) {
        if change.number <= self.position {
            return;
        }
        let finding = &*change.finding;
        for receiver in receivers {
            let id = format!("{}/{}", receiver.name, finding.id);
            match self.deliveries.get_mut(&id) {
                Some(delivery) => delivery.finding = finding.clone(),
                None if finding.is_open() && receiver.wants(finding) => {
                    let (receiver, finding) = (receiver.name.clone(), finding.clone());
                    let delivery = Delivery { receiver, finding, queued: change.number, announced: None };
                    self.deliveries.insert(id.clone(), delivery);
                }
                None => continue,
            }
            self.unsaved.insert(id);
        }
        self.position = change.number;
        self.unsaved.insert(POSITION.to_owned());
        self.drop_above_limit();
    }

    /// Drops deliveries above the limit: those of ended findings first, then those that are not announced, the oldest first.
    fn drop_above_limit(&mut self) {
        while self.deliveries.len() > self.limit {
            let order = |(_, delivery): &(&String, &Delivery)| {
                (delivery.finding.is_open(), delivery.announced.is_some(), delivery.queued)
            };
            let Some(id) = self.deliveries.iter().min_by_key(order).map(|(id, _)| id.clone()) else { return };
            if let Some(delivery) = self.deliveries.remove(&id) {
                *self.dropped.entry(delivery.receiver).or_default() += 1;
            }
            self.unsaved.insert(id);
        }
    }

    /// What a receiver has to get next, the oldest first, at most `limit` deliveries.
    #[must_use]
    pub fn due(&self, receiver: &str, limit: usize) -> Vec<(String, DeliveryStep, Delivery)> {
        let own = self.of_receiver(receiver);
        let mut due: Vec<_> = own.filter_map(|(id, delivery)| Some((id, delivery.step()?, delivery))).collect();
        due.sort_by_key(|(_, _, delivery)| delivery.queued);
        due.into_iter().take(limit).map(|(id, step, delivery)| (id.clone(), step, delivery.clone())).collect()
    }

    /// Deliveries of findings that last and that the receiver knows.
    #[must_use]
    pub fn lasting(&self, receiver: &str) -> Vec<Delivery> {
        let own = self.of_receiver(receiver);
        own.filter(|(_, delivery)| delivery.step().is_none()).map(|(_, delivery)| delivery.clone()).collect()
    }

    fn of_receiver(&self, receiver: &str) -> impl Iterator<Item = (&String, &Delivery)> {
        self.deliveries.iter().filter(move |(_, delivery)| delivery.receiver == receiver)
    }

    /// Records that the receiver has accepted a step of a delivery.
    pub fn record_sent(&mut self, id: &str, step: DeliveryStep, time: DateTime<Utc>) {
        match step {
            DeliveryStep::Announce => {
                let Some(delivery) = self.deliveries.get_mut(id) else { return };
                delivery.announced = Some((time, delivery.finding.severity));
            }
            DeliveryStep::Resolve => drop(self.deliveries.remove(id)),
        }
        self.unsaved.insert(id.to_owned());
    }

    /// Removes a delivery that the receiver will never accept.
    pub fn remove(&mut self, id: &str) {
        self.deliveries.remove(id);
        self.unsaved.insert(id.to_owned());
    }

    /// Removes the deliveries to receivers that do not exist any more, and returns their number.
    pub fn retain_receivers(&mut self, names: &BTreeSet<&str>) -> usize {
        let gone = self.deliveries.iter().filter(|(_, delivery)| !names.contains(delivery.receiver.as_str()));
        let gone: Vec<String> = gone.map(|(id, _)| id.clone()).collect();
        for id in &gone {
            self.remove(id);
        }
        gone.len()
    }

    /// How many deliveries a receiver has to get.
    #[must_use]
    pub fn queued(&self, receiver: &str) -> usize {
        self.of_receiver(receiver).filter(|(_, delivery)| delivery.step().is_some()).count()
    }

    /// How many deliveries to a receiver were dropped above the limit.
    #[must_use]
    pub fn dropped(&self, receiver: &str) -> u64 {
        self.dropped.get(receiver).copied().unwrap_or_default()
    }

    /// What the store has to change so that it has this queue.
    #[must_use]
    pub fn unsaved(&self) -> Vec<DocumentChange> {
        let body = |id: &String| match id.as_str() {
            POSITION => Some(self.position.to_string()),
            // a finding consists of texts and numbers, which always become JSON
            _ => self.deliveries.get(id).and_then(|delivery| serde_json::to_string(delivery).ok()),
        };
        self.unsaved.iter().map(|id| DocumentChange { id: id.clone(), body: body(id) }).collect()
    }

    /// Records that the store has all changes.
    pub fn record_saved(&mut self) {
        self.unsaved.clear();
    }
}
