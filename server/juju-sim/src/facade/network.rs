//! Addresses and open ports of units.

use crate::state::{Kind, Machine, Model, Unit};

/// Public address of a unit.
pub(crate) fn unit_address(model: &Model, unit: &Unit) -> String {
    let machine = unit.machine.as_deref().and_then(|id| model.machine(id));
    machine.filter(|machine| machine.started()).map(Machine::address).unwrap_or_default()
}

/// A unit that serves has one port open.
pub(crate) fn opened_ports(model: &Model, unit: &Unit) -> Option<Vec<String>> {
    if model.kind == Kind::Caas {
        return Some(Vec::new());
    }
    let exposed = unit.workload.status == "active"
        && model.applications.get(&unit.application).is_some_and(|application| application.exposed);
    exposed.then(|| vec!["80/tcp".to_owned()])
}
