//! An application in the graph.

use juju_wire::{Life, constraints::Constraints, delta::application::ApplicationInfo};
use serde::Serialize;

use super::{ConfigurationNode, Node, StatusNode};
use crate::EntityChange;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApplicationNode {
    /// URL of its charm, `ch:amd64/jammy/web-5`.
    pub charm: Box<str>,
    /// Whether it is reachable from outside.
    pub exposed: bool,
    /// Whether it is alive.
    pub life: Life,
    /// Whether its units belong to units of others.
    pub subordinate: bool,
    /// The minimum number of its units.
    pub min_units: i64,
    /// Constraints on its machines or pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraints: Option<Box<Constraints>>,
    /// The version of its workload.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub workload_version: Box<str>,
    /// Its status, if its charm sets one; else `unset`: then the status follows from its units.
    pub status: StatusNode,
    /// Its configuration.
    #[serde(skip)]
    pub configuration: ConfigurationNode,
}

impl ApplicationNode {
    pub(crate) fn read(info: &ApplicationInfo) -> Self {
        let constrained = info.constraints != Constraints::default();
        Self {
            charm: info.charm_url.as_str().into(),
            exposed: info.exposed,
            life: info.life,
            subordinate: info.subordinate,
            min_units: info.min_units,
            constraints: constrained.then(|| Box::new(info.constraints.clone())),
            workload_version: info.workload_version.as_str().into(),
            status: StatusNode::read(&info.status),
            configuration: ConfigurationNode::read(&info.config),
        }
    }
}

impl Node for ApplicationNode {
    fn changes_since(&self, old: &Self) -> Vec<EntityChange> {
        let fields = EntityChange::of_fields([
            ("charm", self.charm != old.charm),
            ("exposed", self.exposed != old.exposed),
            ("life", self.life != old.life),
            ("min_units", self.min_units != old.min_units),
            ("constraints", self.constraints != old.constraints),
            ("workload_version", self.workload_version != old.workload_version),
        ]);
        let status = self.status.transition(&old.status).map(EntityChange::Status);
        [status, self.configuration.change(&old.configuration), fields].into_iter().flatten().collect()
    }
}
