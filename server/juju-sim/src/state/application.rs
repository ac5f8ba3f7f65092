//! Applications, units and relations of a model.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use juju_wire::{constraints::Constraints, entity::Life, facade::client::application::ExposedEndpoint};
use serde_json::Value;

use crate::charms::{Charm, Endpoint};

/// A status with its time.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) status: String,
    pub(crate) message: String,
    pub(crate) since: DateTime<Utc>,
}

impl Status {
    pub(crate) fn now(status: &str, message: impl Into<String>) -> Self {
        Self { status: status.to_owned(), message: message.into(), since: Utc::now() }
    }
}

/// An application.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) name: String,
    pub(crate) charm: Arc<Charm>,
    pub(crate) channel: String,
    pub(crate) revision: i64,
    pub(crate) exposed: bool,
    pub(crate) exposed_endpoints: BTreeMap<String, ExposedEndpoint>,
    /// Options that differ from the charm's defaults.
    pub(crate) config: BTreeMap<String, Value>,
    pub(crate) trust: bool,
    pub(crate) constraints: Constraints,
    pub(crate) life: Life,
    pub(crate) next_unit: u32,
    /// How many units there are to be, in a Kubernetes model.
    pub(crate) scale: u32,
    /// The space of each endpoint that is not in `alpha`; under the empty name that of all others.
    pub(crate) bindings: BTreeMap<String, String>,
    pub(crate) created: DateTime<Utc>,
    /// The newest revision in its channel, where that is another.
    pub(crate) newest: Option<i64>,
}

/// An uploaded resource.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    /// SHA-384, hexadecimal.
    pub(crate) fingerprint: String,
    pub(crate) size: usize,
    pub(crate) user: String,
    pub(crate) time: DateTime<Utc>,
}

/// One step that an agent has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Run a hook.
    Hook(String),
    /// Run a task of an operation.
    Task(String),
    /// Leave.
    Remove,
}

/// A unit.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    pub(crate) application: String,
    pub(crate) number: u32,
    pub(crate) machine: Option<String>,
    pub(crate) agent: Status,
    pub(crate) workload: Status,
    pub(crate) leader: bool,
    pub(crate) life: Life,
    /// What the agent has still to do, the next first.
    pub(crate) work: VecDeque<Work>,
    /// When the step under way is done.
    pub(crate) due: Option<DateTime<Utc>>,
    /// A hook that fails whenever it runs.
    pub(crate) failing: Option<String>,
    /// A message that holds it blocked.
    pub(crate) blocked: Option<String>,
    /// For a subordinate, the unit that it lives beside.
    pub(crate) principal: Option<String>,
    /// Whether its storage goes with it, where the cloud could retain it.
    pub(crate) destroys_storage: bool,
}

impl Unit {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.application, self.number)
    }

    /// Whether a user has to resolve a failed hook.
    pub(crate) fn in_error(&self) -> bool {
        self.workload.status == "error"
    }
}

/// One side of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelationEndpoint {
    pub(crate) application: String,
    pub(crate) name: String,
    pub(crate) role: &'static str,
    pub(crate) interface: String,
    pub(crate) optional: bool,
    pub(crate) limit: i64,
    pub(crate) scope: String,
}

impl RelationEndpoint {
    /// An endpoint as the application's charm describes it.
    pub(crate) fn new(application: &str, role: &'static str, name: &str, side: &Endpoint) -> Self {
        Self {
            application: application.to_owned(),
            name: name.to_owned(),
            role,
            interface: side.interface.clone(),
            optional: side.optional,
            limit: side.limit,
            scope: side.scope.clone(),
        }
    }
}

/// A relation.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) id: i64,
    /// In the order in which they were named; one for a peer relation.
    pub(crate) endpoints: Vec<RelationEndpoint>,
    pub(crate) status: Status,
}

impl Relation {
    /// `web:db postgresql:db`.
    pub(crate) fn key(&self) -> String {
        relation_key(&self.endpoints)
    }

    pub(crate) fn has(&self, application: &str) -> bool {
        self.endpoints.iter().any(|side| side.application == application)
    }
}

/// The key of a relation between these sides: the requirer comes first, in whatever order they were named.
pub(crate) fn relation_key(sides: &[RelationEndpoint]) -> String {
    let mut sides: Vec<_> = sides.iter().collect();
    sides.sort_by_key(|side| side.role != "requirer");
    let names: Vec<_> = sides.into_iter().map(|side| format!("{}:{}", side.application, side.name)).collect();
    names.join(" ")
}

/// A task of an operation: one action or command on one unit.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) unit: String,
    pub(crate) name: String,
    pub(crate) parameters: BTreeMap<String, Value>,
    pub(crate) status: String,
    pub(crate) message: String,
    pub(crate) output: BTreeMap<String, Value>,
    pub(crate) enqueued: DateTime<Utc>,
    pub(crate) started: Option<DateTime<Utc>>,
    pub(crate) completed: Option<DateTime<Utc>>,
}
