//! A machine or container in the graph.

use juju_wire::{Life, constraints::Hardware, delta::model::MachineInfo};
use serde::Serialize;

use super::{Node, StatusNode};
use crate::EntityChange;

/// A machine, or a container in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MachineNode {
    /// Id of its instance in the cloud; empty until it is provisioned.
    pub instance_id: Box<str>,
    /// The name that the machine gives itself.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub hostname: Box<str>,
    /// Its operating system, `ubuntu@22.04`.
    pub base: Box<str>,
    /// Kind of the container, `lxd`; empty for a machine.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub container_type: Box<str>,
    /// Whether it is alive.
    pub life: Life,
    /// Its addresses.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub addresses: Box<[Box<str>]>,
    /// Its hardware, once it is provisioned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<Box<Hardware>>,
    /// Status of its agent.
    pub agent: StatusNode,
    /// Status of its instance in the cloud.
    pub instance: StatusNode,
}

impl MachineNode {
    pub(crate) fn read(info: &MachineInfo) -> Self {
        Self {
            instance_id: info.instance_id.as_str().into(),
            hostname: info.hostname.as_str().into(),
            base: info.base.as_str().into(),
            container_type: info.container_type.as_str().into(),
            life: info.life,
            addresses: info.addresses.iter().map(|address| address.value.as_str().into()).collect(),
            hardware: info.hardware_characteristics.clone().map(Box::new),
            agent: StatusNode::read(&info.agent_status),
            instance: StatusNode::read(&info.instance_status),
        }
    }
}

impl Node for MachineNode {
    fn changes_since(&self, old: &Self) -> Vec<EntityChange> {
        let fields = EntityChange::of_fields([
            ("instance_id", self.instance_id != old.instance_id),
            ("hostname", self.hostname != old.hostname),
            ("base", self.base != old.base),
            ("life", self.life != old.life),
            ("addresses", self.addresses != old.addresses),
            ("hardware", self.hardware != old.hardware),
        ]);
        let agent = self.agent.transition(&old.agent).map(|transition| match &*transition.to {
            "down" => EntityChange::Down(transition),
            _ => EntityChange::AgentStatus(transition),
        });
        let instance = self.instance.transition(&old.instance).map(EntityChange::Status);
        [agent, instance, fields].into_iter().flatten().collect()
    }
}
