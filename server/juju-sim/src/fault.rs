//! Faults that are injected while the simulated controller runs.

use std::{str::FromStr, time::Duration};

use juju_wire::Tag;

use crate::{
    log::LEVELS,
    state::{MachineId, State, Status, Topic, Work},
};

/// A fault to inject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The next hook of this unit fails, and fails again when it is retried.
    HookError(String),
    /// This unit reports that it is blocked, with a message.
    Block(String, String),
    /// The agent of this machine stops communicating.
    MachineDown(String),
    /// The filesystem or volume of this storage instance is missing, as between the deployment and the start of a unit.
    LoseFilesystem(String),
    /// This unit writes a line of this level into the log.
    Log(String, &'static str, String),
    /// All connections to the controller break.
    DropConnections,
    /// Every answer is held back for so long.
    Delay(Duration),
    /// The controller goes away for two seconds.
    RestartController,
    /// All faults end.
    Clear,
}

/// The text names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no fault; one of: hook-error UNIT, block UNIT MESSAGE, machine-down ID, lose-filesystem STORAGE, log UNIT LEVEL MESSAGE, drop-connections, delay MILLISECONDS, restart-controller, clear"
)]
pub struct UnknownFault(String);

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        let unknown = || UnknownFault(text.to_owned());
        let mut words = text.split_whitespace();
        let kind = words.next().ok_or_else(unknown)?;
        let rest: Vec<_> = words.collect();
        match (kind, rest.as_slice()) {
            ("hook-error", [unit]) => Ok(Self::HookError((*unit).to_owned())),
            ("block", [unit, message @ ..]) if !message.is_empty() => {
                Ok(Self::Block((*unit).to_owned(), message.join(" ")))
            }
            ("machine-down", [id]) => Ok(Self::MachineDown((*id).to_owned())),
            ("lose-filesystem", [storage]) => Ok(Self::LoseFilesystem((*storage).to_owned())),
            ("log", [unit, level, message @ ..]) if !message.is_empty() => {
                let level = LEVELS.into_iter().find(|known| known == level).ok_or_else(unknown)?;
                Ok(Self::Log((*unit).to_owned(), level, message.join(" ")))
            }
            ("drop-connections", []) => Ok(Self::DropConnections),
            ("delay", [milliseconds]) => {
                milliseconds.parse().map(Duration::from_millis).map(Self::Delay).map_err(|_| unknown())
            }
            ("restart-controller", []) => Ok(Self::RestartController),
            ("clear", []) => Ok(Self::Clear),
            _ => Err(unknown()),
        }
    }
}

impl Fault {
    /// Applies a fault to the state, in every model that has the target.
    ///
    /// # Errors
    /// One sentence, where there is no such target.
    pub(crate) fn inject(&self, state: &mut State) -> Result<(), String> {
        match self {
            Self::HookError(unit) => change_unit(state, unit, |unit| {
                let hook = match unit.work.front() {
                    Some(Work::Hook(hook)) => hook.clone(),
                    _ => "update-status".to_owned(),
                };
                unit.failing = Some(hook.clone());
                if unit.work.is_empty() {
                    unit.work.push_back(Work::Hook(hook));
                }
            }),
            Self::Block(unit, message) => change_unit(state, unit, |unit| {
                unit.blocked = Some(message.clone());
                unit.workload = Status::now("blocked", message.clone());
            }),
            Self::MachineDown(id) => machine_down(state, id),
            Self::LoseFilesystem(id) => lose_filesystem(state, id),
            Self::Log(unit, level, message) => write_log(state, unit, level, message),
            Self::Clear => {
                clear(state);
                Ok(())
            }
            Self::DropConnections | Self::Delay(_) | Self::RestartController => Ok(()),
        }
    }
}

fn change_unit(state: &mut State, name: &str, change: impl Fn(&mut crate::state::Unit)) -> Result<(), String> {
    let mut applied = false;
    for model in state.models.values_mut() {
        if let Ok(unit) = model.unit_mut(name) {
            change(unit);
            let application = unit.application.clone();
            model.journal.mark_changed(Topic::Application(application));
            applied = true;
        }
    }
    if applied { Ok(()) } else { Err(format!("no model has a unit `{name}`")) }
}

fn write_log(state: &mut State, unit: &str, level: &'static str, message: &str) -> Result<(), String> {
    let model = state.models.values_mut().find_map(|model| model.unit_mut(unit).is_ok().then_some(model));
    let model = model.ok_or_else(|| format!("no model has a unit `{unit}`"))?;
    let tag = Tag::new("unit", unit).to_string();
    model.write_log(tag, level, &format!("unit.{unit}.juju-log"), message.to_owned());
    Ok(())
}

fn lose_filesystem(state: &mut State, id: &str) -> Result<(), String> {
    let mut applied = false;
    let storage = state.models.values_mut().flat_map(|model| model.storage.values_mut());
    for one in storage.filter(|one| one.id() == id) {
        one.lost = true;
        applied = true;
    }
    if applied { Ok(()) } else { Err(format!("no model has a storage instance `{id}`")) }
}

fn machine_down(state: &mut State, id: &str) -> Result<(), String> {
    let number: MachineId = id.parse().map_err(|()| format!("`{id}` is not the number of a machine"))?;
    let mut applied = false;
    for model in state.models.values_mut().filter(|model| model.name != "controller") {
        let Some(machine) = model.machines.get_mut(&number) else { continue };
        machine.lost = true;
        machine.agent = Status::now("down", "agent is not communicating with the server");
        model.journal.mark_changed(Topic::Machine(id.to_owned()));
        let units: Vec<_> = model
            .units
            .values()
            .filter(|unit| unit.machine.as_deref() == Some(id))
            .map(crate::state::Unit::name)
            .collect();
        for name in units {
            if let Ok(unit) = model.unit_mut(&name) {
                unit.agent = Status::now("lost", "agent is not communicating with the server");
                unit.workload = Status::now("unknown", format!("agent lost, see 'juju show-status-log {name}'"));
            }
        }
        applied = true;
    }
    if applied { Ok(()) } else { Err(format!("no model has a machine `{id}`")) }
}

fn clear(state: &mut State) {
    for model in state.models.values_mut() {
        model.incident = None;
        model.storage.values_mut().for_each(|storage| storage.lost = false);
        let mut touched = Vec::new();
        for machine in model.machines.values_mut().filter(|machine| machine.lost) {
            machine.lost = false;
            machine.agent = Status::now("started", "");
            touched.push(Topic::Machine(machine.id.clone()));
        }
        for unit in model.units.values_mut() {
            let applied =
                unit.failing.take().is_some() | unit.blocked.take().is_some() || (unit.agent.status == "lost");
            if applied {
                unit.agent = Status::now("idle", "");
                unit.workload = Status::now("active", "");
                unit.due = None;
                touched.push(Topic::Unit(unit.name()));
                touched.push(Topic::Application(unit.application.clone()));
            }
        }
        for topic in touched {
            model.journal.mark_changed(topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_parses_as_in_help_text() {
        assert_eq!("hook-error payment/0".parse(), Ok(Fault::HookError("payment/0".into())));
        assert_eq!("block web/1 no database".parse(), Ok(Fault::Block("web/1".into(), "no database".into())));
        assert_eq!("delay 250".parse(), Ok(Fault::Delay(Duration::from_millis(250))));
        for text in ["", "explode", "delay soon", "block web/1", "hook-error", "clear now"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
