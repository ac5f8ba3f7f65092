//! What a detector reads: the state of one model with its recent changes. All of it is data; a detector has no other input.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use estate::{EntityName, ModelGraph, ModelIdentity, UnitNode};
use serde_json::{Map, Value};

use crate::{
    Baseline, ExternalAlert, FindingEntity, LogGroup, Measurement, OptionValue, RecommendedCall, history::ModelHistory,
};

/// One model at one time.
#[derive(Debug, Clone, Copy)]
pub struct ModelFacts<'a> {
    /// The model.
    pub model: &'a ModelIdentity,
    /// Its entities.
    pub graph: &'a ModelGraph,
    /// What watchers do not report.
    pub reported: &'a Reported,
    /// Its recent changes.
    pub history: &'a ModelHistory,
    /// Kinds of lines in its log; empty where the log is not read.
    pub logs: &'a [LogGroup],
    /// The state that it should have, if one is saved.
    pub baseline: Option<&'a Baseline>,
    /// Measured values; empty where no metrics system is connected.
    pub measurements: &'a [Measurement],
    /// Alerts of other systems that last.
    pub alerts: &'a [ExternalAlert],
    /// Writes of this server; `None` where they are not known.
    pub own_writes: Option<&'a [OwnWrite]>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// What a status of the model has beside the graph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reported {
    /// When it was read; `None` before the first time.
    pub read_at: Option<DateTime<Utc>>,
    /// Whether each application with units has a leader.
    pub leaders: BTreeMap<Box<str>, bool>,
    /// Units with an agent that the controller has lost, and since when.
    pub lost_agents: BTreeMap<Box<str>, Option<DateTime<Utc>>>,
    /// Relations that are not joined, by number.
    pub relations: BTreeMap<i64, ReportedStatus>,
    /// The newer charm of each application that has one.
    pub charm_upgrades: BTreeMap<Box<str>, Box<str>>,
    /// The newer version of the agents, if there is one.
    pub agent_upgrade: Option<Box<str>>,
    /// The wanted number of units, of applications on Kubernetes.
    pub scales: BTreeMap<Box<str>, u64>,
    /// Storage that is not attached, by id.
    pub storage: BTreeMap<Box<str>, ReportedStatus>,
    /// Secrets, certificates and credentials that end.
    pub expiries: Vec<Expiry>,
    /// Options that are set, of applications with a baseline.
    pub options: BTreeMap<Box<str>, BTreeMap<Box<str>, OptionValue>>,
    /// When other users than the own one were connected to the model, the latest last.
    pub connections: Vec<UserConnection>,
}

/// When a user was connected to a model. A command of the Juju client connects for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserConnection {
    /// Name of the user.
    pub user: Box<str>,
    /// When.
    pub time: DateTime<Utc>,
}

/// A status with its message and time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportedStatus {
    /// The status.
    pub status: Box<str>,
    /// Its message.
    pub message: Box<str>,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// The unit that it belongs to, where there is one.
    pub unit: Option<Box<str>>,
}

/// Something that ends at a known time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiry {
    /// `secret`, `certificate` or `credential`.
    pub kind: &'static str,
    /// Its name.
    pub name: Box<str>,
    /// When it ends.
    pub at: DateTime<Utc>,
}

/// A write of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnWrite {
    /// When it ran.
    pub time: DateTime<Utc>,
    /// Full name of the model, `admin/shop`.
    pub model: Box<str>,
}

impl ModelFacts<'_> {
    /// An entity of this model.
    #[must_use]
    pub fn entity(&self, kind: &str, name: &str) -> FindingEntity {
        let ModelIdentity { controller, model, .. } = self.model;
        FindingEntity { controller: controller.clone(), model: model.clone(), kind: kind.into(), name: name.into() }
    }

    /// A call of a tool on this model.
    #[must_use]
    pub fn call(&self, tool: &str, arguments: Value, why: &str) -> RecommendedCall {
        let mut arguments = match arguments {
            Value::Object(arguments) => arguments,
            _ => Map::new(),
        };
        arguments.insert("model".to_owned(), format!("{}:{}", self.model.controller, self.model.model).into());
        RecommendedCall { tool: tool.to_owned(), arguments, why: why.to_owned() }
    }

    /// How long something lasts; nothing where its begin is not known or in the future.
    #[must_use]
    pub fn age(&self, since: Option<DateTime<Utc>>) -> TimeDelta {
        since.map_or(TimeDelta::zero(), |since| self.now.signed_duration_since(since).max(TimeDelta::zero()))
    }

    /// The lines of the log of a unit or machine.
    pub fn logs_of<'a>(&'a self, entity: &EntityName) -> impl Iterator<Item = &'a LogGroup> + use<'a> {
        let tag = match entity {
            EntityName::Unit(name) => format!("unit-{}", name.replace('/', "-")),
            EntityName::Machine(id) => format!("machine-{}", id.replace('/', "-")),
            _ => String::new(),
        };
        self.logs.iter().filter(move |group| *group.entity == *tag)
    }

    /// Units that are alive, with their names.
    pub fn units(&self) -> impl Iterator<Item = (&str, &UnitNode)> {
        let alive = |unit: &UnitNode| matches!(unit.life, juju_wire::Life::Alive | juju_wire::Life::Unset);
        self.graph.units.iter().filter(move |(_, unit)| alive(unit)).map(|(name, unit)| (&**name, unit))
    }
}

/// A length of time in words: `45 s`, `12 min`, `3.5 h`, `2.0 d`.
#[must_use]
pub fn duration_text(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds();
    let tenths = |unit: i64| format!("{}.{}", seconds / unit, seconds % unit * 10 / unit);
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", tenths(3_600)),
        _ => format!("{} d", tenths(86_400)),
    }
}
