//! Machines: asked for, started, and taken away when they are empty.

use chrono::{DateTime, Utc};
use juju_wire::entity::Life;

use super::Pace;
use crate::state::{Machine, Model, Status, Topic};

pub(super) fn due(machine: &Machine) -> Option<DateTime<Utc>> {
    let pending = machine.agent.status == "pending" && machine.life == Life::Alive;
    (pending || machine.life == Life::Dying).then(|| machine.due.unwrap_or(DateTime::<Utc>::MIN_UTC))
}

pub(super) fn advance(model: &mut Model, now: DateTime<Utc>, pace: Pace) {
    let due: Vec<_> = model
        .machines
        .iter()
        .filter(|(_, machine)| due(machine).is_some_and(|due| due <= now))
        .map(|(id, _)| *id)
        .collect();
    for id in due {
        let Some(machine) = model.machines.get_mut(&id) else { continue };
        let topic = Topic::Machine(machine.id.clone());
        match (machine.life, machine.due) {
            (Life::Alive, None) => {
                machine.due = Some(now + pace.machine());
                machine.instance = Status::now("allocating", "");
            }
            (Life::Alive, Some(_)) => {
                machine.due = None;
                machine.instance = Status::now("running", "running");
                machine.agent = Status::now("started", "");
                model.remember(format!("machine-{id}"), "machine", Status::now("running", "running"));
                model.remember(format!("machine-{id}"), "juju-machine", Status::now("started", ""));
                model.write_log(format!("machine-{id}"), "INFO", "juju.worker.machiner", "machine started".to_owned());
            }
            _ => {
                model.machines.remove(&id);
            }
        }
        model.journal.touch(topic);
    }
}
