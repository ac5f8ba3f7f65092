//! Machines: asked for, started, and taken away when they are empty.

use chrono::{DateTime, Utc};
use juju_wire::{entity::Life, tag::Tag};

use super::timing::AgentTiming;
use crate::state::{Machine, MachineId, Model, Status, Topic};

/// When something is next to be done; a container waits for the machine that it is in.
pub(super) fn due(model: &Model, id: &MachineId, machine: &Machine) -> Option<DateTime<Utc>> {
    let ready = id.host().and_then(|host| model.machines.get(&host)).is_none_or(Machine::started);
    let pending = !machine.started() && machine.life == Life::Alive && ready;
    (pending || machine.life == Life::Dying).then(|| machine.due.unwrap_or(DateTime::<Utc>::MIN_UTC))
}

pub(super) fn advance(model: &mut Model, now: DateTime<Utc>, timing: AgentTiming) {
    let due: Vec<_> = model
        .machines
        .iter()
        .filter(|(id, machine)| due(model, id, machine).is_some_and(|due| due <= now))
        .map(|(id, _)| id.clone())
        .collect();
    for id in due {
        let Some(machine) = model.machines.get_mut(&id) else { continue };
        let topic = Topic::Machine(machine.id.clone());
        match (machine.life, machine.due) {
            (Life::Alive, None) => {
                machine.due = Some(now + timing.machine());
                machine.instance = Status::now("allocating", "");
            }
            (Life::Alive, Some(_)) => {
                machine.due = None;
                machine.instance = Status::now("running", "running");
                machine.agent = Status::now("started", "");
                let tag = Tag::new("machine", id.to_string()).to_string();
                model.remember(tag.clone(), "machine", Status::now("running", "running"));
                model.remember(tag.clone(), "juju-machine", Status::now("started", ""));
                model.write_log(tag, "INFO", "juju.worker.machiner", "machine started".to_owned());
            }
            _ => {
                model.machines.remove(&id);
            }
        }
        model.journal.mark_changed(topic);
    }
}
