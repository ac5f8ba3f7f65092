//! Generated tests: random deltas in random splits, random interruptions, random readers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use juju_wire::Delta;
use serde_json::{Value, json};

use crate::{EntityChange, EntityName, EventLog, EventRetention, ModelGraph, ModelIdentity, graph::NamedChange};

/// Seeds of each test; a failure names its seed.
const SEEDS: u64 = 100;

/// Pseudorandom numbers (xorshift).
struct Numbers(u64);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or_default()
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// A model at the controller, as the last delta of each entity that exists.
#[derive(Default)]
struct Origin(BTreeMap<(String, String), Delta>);

impl Origin {
    /// Changes, adds or removes a random entity, and returns the delta.
    fn change(&mut self, numbers: &mut Numbers) -> Delta {
        let status = |numbers: &mut Numbers, words: &[&str]| {
            json!({"current": numbers.pick(words), "message": numbers.pick(&["", "one", "two"]), "version": "3.6.11",
                "since": format!("2026-01-01T00:00:0{}Z", numbers.below(9)), "data": {"hook": numbers.pick(&["install", "start"])}})
        };
        let (number, app) = (numbers.below(4), numbers.pick(&["web", "web-a", "web0", "db"]));
        let (kind, key, entity): (&str, String, Value) = match numbers.below(8) {
            0 => (
                "application",
                app.to_owned(),
                json!({"name": app, "charm-url": numbers.pick(&["ch:a-1", "ch:a-2"]),
                "exposed": numbers.below(2) == 0, "config": {"level": numbers.below(3)}, "life": "alive",
                "status": status(numbers, &["unset", "active"])}),
            ),
            1 | 2 => {
                let name = format!("{app}/{number}");
                (
                    "unit",
                    name.clone(),
                    json!({"name": name, "application": app, "machine-id": numbers.pick(&["", "0"]),
                    "workload-status": status(numbers, &["active", "error", "blocked"]),
                    "agent-status": status(numbers, &["idle", "executing"])}),
                )
            }
            3 => (
                "machine",
                number.to_string(),
                json!({"id": number.to_string(), "instance-id": "i",
                "agent-status": status(numbers, &["started", "down"]), "instance-status": status(numbers, &["running"])}),
            ),
            4 => ("relation", number.to_string(), json!({"id": number, "key": format!("web:{number} db:{number}")})),
            5 => (
                "remoteApplication",
                app.to_owned(),
                json!({"name": app, "offer-url": "admin/prod.db",
                "status": status(numbers, &["active", "error"])}),
            ),
            6 => (
                "applicationOffer",
                app.to_owned(),
                json!({"offer-name": app, "application-name": app,
                "total-connected-count": numbers.below(3)}),
            ),
            _ => (
                "action",
                number.to_string(),
                json!({"id": number.to_string(), "name": "backup", "receiver": "web/0",
                "status": numbers.pick(&["pending", "running", "completed"])}),
            ),
        };
        let removed = numbers.below(5) == 0;
        let change = if removed { "remove" } else { "change" };
        let delta: Delta = serde_json::from_value(json!([kind, change, entity])).expect("a delta");
        if removed {
            self.0.remove(&(kind.to_owned(), key));
        } else {
            self.0.insert((kind.to_owned(), key), delta.clone());
        }
        delta
    }

    fn snapshot(&self) -> Vec<Delta> {
        self.0.values().cloned().collect()
    }
}

/// What a reader of events knows of which entities exist.
fn track(present: &mut BTreeSet<EntityName>, changes: &[NamedChange]) {
    for (entity, change) in changes {
        let existed = present.contains(entity);
        match change {
            EntityChange::Added {} => {
                assert!(!existed, "{entity:?} was added twice");
                present.insert(entity.clone());
            }
            EntityChange::Removed {} => assert!(present.remove(entity), "{entity:?} was removed twice"),
            _ => assert!(existed, "{change:?} of {entity:?}, which does not exist"),
        }
    }
}

fn entities(graph: &ModelGraph) -> BTreeSet<EntityName> {
    for application in ["web", "web-a", "web0", "db", "we"] {
        let own = graph.units.iter().filter(|(_, unit)| &*unit.application == application);
        assert!(graph.units_of(application).eq(own.map(|(name, unit)| (&**name, unit))), "{application}");
    }
    let mut present = BTreeSet::new();
    track(&mut present, &ModelGraph::default().changes_to(graph));
    present
}

#[test]
fn deltas_in_any_split_give_the_same_graph_and_events() {
    for seed in 0..SEEDS {
        let (mut numbers, mut origin) = (Numbers::new(seed), Origin::default());
        let deltas: Vec<_> = (0..120).map(|_| origin.change(&mut numbers)).collect();
        let mut whole = ModelGraph::default();
        let changes = whole.apply(&deltas);
        let (mut split, mut split_changes, mut rest) = (ModelGraph::default(), Vec::new(), &deltas[..]);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + numbers.below(rest.len()));
            split_changes.extend(split.apply(now));
            rest = later;
        }
        assert_eq!((&split, &split_changes), (&whole, &changes), "seed {seed}");
        assert_eq!(whole, ModelGraph::from_snapshot(&origin.snapshot()), "seed {seed}");
    }
}

#[test]
fn snapshot_after_any_interruption_neither_repeats_nor_loses_an_entity() {
    for seed in 0..SEEDS {
        let (mut numbers, mut origin) = (Numbers::new(seed), Origin::default());
        let (mut graph, mut present) = (ModelGraph::default(), BTreeSet::new());
        for _ in 0..40 {
            let delta = origin.change(&mut numbers);
            if numbers.below(4) > 0 {
                track(&mut present, &graph.apply(&[delta]));
                continue;
            }
            // the connection is lost: this change and some later ones do not arrive
            for _ in 0..numbers.below(10) {
                origin.change(&mut numbers);
            }
            let newer = ModelGraph::from_snapshot(&origin.snapshot());
            track(&mut present, &graph.changes_to(&newer));
            graph = newer;
            assert_eq!(present, entities(&graph), "seed {seed}");
        }
        assert_eq!(graph.changes_to(&ModelGraph::from_snapshot(&origin.snapshot())), [], "seed {seed}");
    }
}

#[test]
fn readers_that_resume_at_any_place_receive_each_event_once_or_its_count() {
    let model = Arc::new(ModelIdentity { controller: "c".into(), model: "admin/m".into(), uuid: "u".into() });
    for seed in 0..SEEDS {
        let mut numbers = Numbers::new(seed);
        let retention = EventRetention { events: 1 + numbers.below(40), age: Duration::from_hours(1) };
        let log = Arc::new(EventLog::new("log", retention));
        let (mut reader, mut received, mut appended) = (log.reader(), 0, 0);
        for _ in 0..200 {
            if numbers.below(2) == 0 {
                let count = numbers.below(8);
                let changes = (0..count).map(|_| (EntityName::Model, EntityChange::Added {}));
                log.append(&model, changes.collect(), Utc::now());
                appended += count as u64;
                continue;
            }
            let batch = reader.read(1 + numbers.below(10));
            received += batch.missed;
            for event in &batch.events {
                received += 1;
                assert_eq!(event.id.number, received, "seed {seed}");
            }
            if numbers.below(3) == 0 {
                // the reader disconnects, and resumes after the last event that it has passed
                let id = reader.last_id().to_string().parse().expect("an id");
                reader = log.resume(&id).expect("a known id");
            }
        }
        received += {
            let batch = reader.read(usize::MAX);
            batch.missed + batch.events.len() as u64
        };
        assert_eq!(received, appended, "seed {seed}");
    }
}
