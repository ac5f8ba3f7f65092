//! A unit in the graph.

use std::sync::Arc;

use juju_wire::{
    Life,
    delta::application::{PortRange, UnitInfo},
};
use serde::Serialize;

use super::{Node, StatusNode};
use crate::entity_change::{EntityChange, bounded};

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitNode {
    /// Name of its application.
    pub application: Arc<str>,
    /// Id of its machine; empty in a Kubernetes model and until one is assigned.
    pub machine: Arc<str>,
    /// The unit that a subordinate belongs to; else empty.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub principal: Box<str>,
    /// Whether it is alive.
    pub life: Life,
    /// URL of its charm.
    pub charm: Box<str>,
    /// Address from outside.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub public_address: Box<str>,
    /// Address inside the model.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub private_address: Box<str>,
    /// Its open ports, `80/tcp` and `8000-8100/udp`.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub ports: Box<[Box<str>]>,
    /// Status of its workload, which its charm sets.
    pub workload: StatusNode,
    /// Status of its agent.
    pub agent: StatusNode,
    /// The hook that failed, while the workload is in error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_hook: Option<Box<str>>,
}

impl UnitNode {
    pub(crate) fn read(info: &UnitInfo) -> Self {
        let failed_hook = (info.workload_status.current == "error")
            .then(|| info.workload_status.data.get("hook")?.as_str().map(Into::into))
            .flatten();
        Self {
            application: info.application.as_str().into(),
            machine: info.machine_id.as_str().into(),
            principal: info.principal.as_str().into(),
            life: info.life,
            charm: info.charm_url.as_str().into(),
            public_address: info.public_address.as_str().into(),
            private_address: info.private_address.as_str().into(),
            ports: info.port_ranges.iter().map(port).collect(),
            workload: StatusNode::read(&info.workload_status),
            agent: StatusNode::read(&info.agent_status),
            failed_hook,
        }
    }

    /// The failure of a hook that is new: another hook, or the same again.
    fn new_failure(&self, old: &Self) -> Option<EntityChange> {
        let hook = self.failed_hook.as_ref()?;
        let is_new = old.failed_hook.as_ref() != Some(hook) || old.workload.since != self.workload.since;
        is_new.then(|| EntityChange::HookFailed { hook: hook.clone(), message: bounded(&self.workload.message) })
    }
}

impl Node for UnitNode {
    fn changes_since(&self, old: &Self) -> Vec<EntityChange> {
        let fields = EntityChange::of_fields([
            ("machine", self.machine != old.machine),
            ("life", self.life != old.life),
            ("charm", self.charm != old.charm),
            ("public_address", self.public_address != old.public_address),
            ("private_address", self.private_address != old.private_address),
            ("ports", self.ports != old.ports),
        ]);
        let workload = self.workload.transition(&old.workload).map(EntityChange::Status);
        let agent = self.agent.transition(&old.agent).map(EntityChange::AgentStatus);
        [workload, self.new_failure(old), agent, fields].into_iter().flatten().collect()
    }
}

fn port(range: &PortRange) -> Box<str> {
    let PortRange { from_port, to_port, protocol } = range;
    let ports = if from_port == to_port { from_port.to_string() } else { format!("{from_port}-{to_port}") };
    format!("{ports}/{protocol}").into()
}
