//! The model itself in its graph.

use juju_wire::{Life, delta::model::ModelInfo};
use serde::Serialize;

use super::{ConfigurationNode, Node, StatusNode};
use crate::EntityChange;

/// The model itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelNode {
    /// Short name of the model.
    pub name: Box<str>,
    /// Name of its owner.
    pub owner: Box<str>,
    /// `iaas` for machines, `caas` for Kubernetes.
    #[serde(rename = "type")]
    pub kind: Box<str>,
    /// Name of its cloud.
    pub cloud: Box<str>,
    /// Region of its cloud.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub region: Box<str>,
    /// Version of its agents.
    pub version: Box<str>,
    /// Whether it is alive.
    pub life: Life,
    /// Its status.
    pub status: StatusNode,
    /// Its configuration.
    #[serde(skip)]
    pub configuration: ConfigurationNode,
}

impl ModelNode {
    pub(crate) fn read(info: &ModelInfo) -> Self {
        Self {
            name: info.name.as_str().into(),
            owner: info.owner.as_str().into(),
            kind: info.kind.as_str().into(),
            cloud: info.cloud.as_str().into(),
            region: info.cloud_region.as_str().into(),
            version: info.version.as_str().into(),
            life: info.life,
            status: StatusNode::read(&info.status),
            configuration: ConfigurationNode::read(&info.config),
        }
    }
}

impl Node for ModelNode {
    fn changes_since(&self, old: &Self) -> Vec<EntityChange> {
        let fields =
            EntityChange::of_fields([("version", self.version != old.version), ("life", self.life != old.life)]);
        let status = self.status.transition(&old.status).map(EntityChange::Status);
        [status, self.configuration.change(&old.configuration), fields].into_iter().flatten().collect()
    }
}
