//! The state of a model and of its entities as JSON, for readers of resources.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{ApplicationNode, EventLog, ModelView, RelationNode, UnitNode};

/// Units and machines that the status of a model lists; of a larger model it has the counts, and those that are not well.
const MAX_LISTED: usize = 200;
/// Order in which the status of an application follows from its units: the first that one of them has
/// (`core/status` of Juju).
const BY_SEVERITY: [&str; 7] = ["error", "blocked", "maintenance", "waiting", "active", "terminated", "unknown"];

impl ModelView<'_> {
    /// The model with its applications, units, machines, relations, offers and remote applications.
    #[must_use]
    pub fn status(&self) -> Value {
        let graph = self.graph;
        let applications = graph.applications.iter().map(|(name, application)| {
            let mut document = self.application_document(name, application);
            document["unit_count"] = json!(graph.units_of(name).count());
            (name.to_string(), document)
        });
        let applications: Map<_, _> = applications.collect();
        let (units, units_left_out) = listed(&graph.units, is_well);
        let (machines, machines_left_out) = listed(&graph.machines, |machine| &*machine.agent.current == "started");
        let mut status = json!({
            "model": graph.model,
            "applications": applications,
            "units": units,
            "machines": machines,
            "relations": graph.relations,
            "remote_applications": graph.remote_applications,
        });
        if units_left_out + machines_left_out > 0 {
            status["left_out"] = json!({"units": units_left_out, "machines": machines_left_out});
        }
        self.with_time(status)
    }

    /// An application with its units and relations; `None` if there is none of this name.
    #[must_use]
    pub fn application(&self, name: &str) -> Option<Value> {
        let mut document = self.application_document(name, self.graph.applications.get(name)?);
        document["units"] = json!(self.graph.units_of(name).collect::<BTreeMap<_, _>>());
        document["relations"] = json!(self.relations_of(name));
        Some(self.with_time(document))
    }

    /// A unit; `None` if there is none of this name.
    #[must_use]
    pub fn unit(&self, name: &str) -> Option<Value> {
        Some(self.with_time(json!(self.graph.units.get(name)?)))
    }

    /// A machine or container with its units; `None` if there is none of this id.
    #[must_use]
    pub fn machine(&self, id: &str) -> Option<Value> {
        let mut document = json!(self.graph.machines.get(id)?);
        let units = self.graph.units.iter().filter(|(_, unit)| &*unit.machine == id);
        document["units"] = json!(units.map(|(name, _)| name).collect::<Vec<_>>());
        Some(self.with_time(document))
    }

    /// All relations by number, and the applications of other models.
    #[must_use]
    pub fn relations(&self) -> Value {
        let (relations, remote) = (&self.graph.relations, &self.graph.remote_applications);
        self.with_time(json!({"relations": relations, "remote_applications": remote}))
    }

    /// All offers by name.
    #[must_use]
    pub fn offers(&self) -> Value {
        self.with_time(json!({"offers": self.graph.offers}))
    }

    /// The latest events of the model, at most `limit`, the oldest first.
    #[must_use]
    pub fn events(&self, log: &Arc<EventLog>, limit: usize) -> Value {
        let stored = log.reader_from_first().read(usize::MAX).events;
        let own: Vec<_> =
            stored.iter().rev().filter(|event| event.model.uuid == self.identity.uuid).take(limit).collect();
        self.with_time(json!({"events": own.into_iter().rev().collect::<Vec<_>>()}))
    }

    /// How many entities the model has, and how many units are not well.
    #[must_use]
    pub fn counts(&self) -> Value {
        let graph = self.graph;
        self.with_time(json!({
            "applications": graph.applications.len(),
            "units": graph.units.len(),
            "units_not_well": graph.units.values().filter(|unit| !is_well(unit)).count(),
            "machines": graph.machines.len(),
        }))
    }

    fn application_document(&self, name: &str, application: &ApplicationNode) -> Value {
        let mut document = json!(application);
        if &*application.status.current == "unset"
            && let Some(unit) = worst_unit(self.graph.units_of(name).map(|(_, unit)| unit))
        {
            document["status"] = json!(unit.workload);
        }
        document
    }

    fn relations_of(&self, application: &str) -> BTreeMap<i64, &RelationNode> {
        let is_end =
            |relation: &RelationNode| relation.endpoints.iter().any(|endpoint| &*endpoint.application == application);
        self.graph.relations.iter().filter(|(_, relation)| is_end(relation)).map(|(id, one)| (*id, one)).collect()
    }

    /// The same with the time of the state, and the last event that it has.
    pub(crate) fn with_time(&self, mut document: Value) -> Value {
        document["as_of"] = json!(self.as_of);
        document["last_event"] = json!(self.last_event);
        document
    }
}

fn is_well(unit: &UnitNode) -> bool {
    unit.workload.current == "active" && unit.agent.current == "idle"
}

/// The entities to list: all of a small model, else those that are not well; and how many are left out.
fn listed<'a, N: Serialize>(nodes: &'a BTreeMap<Arc<str>, N>, is_well: impl Fn(&N) -> bool) -> (Value, usize) {
    let listed: BTreeMap<&'a str, &'a N> = if nodes.len() <= MAX_LISTED {
        nodes.iter().map(|(name, node)| (&**name, node)).collect()
    } else {
        let unwell = nodes.iter().filter(|(_, node)| !is_well(node));
        unwell.take(MAX_LISTED).map(|(name, node)| (&**name, node)).collect()
    };
    (json!(listed), nodes.len() - listed.len())
}

/// The unit that decides the status of its application.
pub(crate) fn worst_unit<'a>(units: impl Iterator<Item = &'a UnitNode>) -> Option<&'a UnitNode> {
    let severity = |unit: &&UnitNode| {
        BY_SEVERITY.iter().position(|status| *status == &*unit.workload.current).unwrap_or(BY_SEVERITY.len())
    };
    units.min_by_key(severity)
}
