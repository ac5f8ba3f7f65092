//! Faults that are injected while the simulated controller runs.

use std::{str::FromStr, time::Duration};

use crate::state::{MachineId, State, Status, Topic, Work};

/// What is to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The next hook of this unit fails, and fails again when it is retried.
    HookError(String),
    /// This unit says that it is blocked, and why.
    Block(String, String),
    /// This machine is no longer heard of.
    LoseMachine(String),
    /// All connections to the controller break.
    DropConnections,
    /// Every answer is held back for so long.
    Delay(Duration),
    /// The controller goes away for two seconds.
    RestartController,
    /// All faults end.
    Heal,
}

/// Words that name no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no fault; one of: hook-error UNIT, block UNIT MESSAGE, machine-down ID, drop-connections, delay MILLISECONDS, restart-controller, clear"
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
            ("machine-down", [id]) => Ok(Self::LoseMachine((*id).to_owned())),
            ("drop-connections", []) => Ok(Self::DropConnections),
            ("delay", [milliseconds]) => {
                milliseconds.parse().map(Duration::from_millis).map(Self::Delay).map_err(|_| unknown())
            }
            ("restart-controller", []) => Ok(Self::RestartController),
            ("clear", []) => Ok(Self::Heal),
            _ => Err(unknown()),
        }
    }
}

impl Fault {
    /// Applies the faults that are of the estate; in every model that has the target.
    ///
    /// # Errors
    /// One sentence, where there is no such target.
    pub(crate) fn strike(&self, state: &mut State) -> Result<(), String> {
        match self {
            Self::HookError(unit) => unit_of(state, unit, |unit| {
                let hook = match unit.work.front() {
                    Some(Work::Hook(hook)) => hook.clone(),
                    _ => "update-status".to_owned(),
                };
                unit.failing = Some(hook.clone());
                if unit.work.is_empty() {
                    unit.work.push_back(Work::Hook(hook));
                }
            }),
            Self::Block(unit, message) => unit_of(state, unit, |unit| {
                unit.blocked = Some(message.clone());
                unit.workload = Status::now("blocked", message.clone());
            }),
            Self::LoseMachine(id) => lose(state, id),
            Self::Heal => {
                heal(state);
                Ok(())
            }
            Self::DropConnections | Self::Delay(_) | Self::RestartController => Ok(()),
        }
    }
}

fn unit_of(state: &mut State, name: &str, change: impl Fn(&mut crate::state::Unit)) -> Result<(), String> {
    let mut struck = false;
    for model in state.models.values_mut() {
        if let Ok(unit) = model.unit_mut(name) {
            change(unit);
            let application = unit.application.clone();
            model.journal.touch(Topic::Application(application));
            struck = true;
        }
    }
    if struck { Ok(()) } else { Err(format!("no model has a unit `{name}`")) }
}

fn lose(state: &mut State, id: &str) -> Result<(), String> {
    let number: MachineId = id.parse().map_err(|()| format!("`{id}` is not the number of a machine"))?;
    let mut struck = false;
    for model in state.models.values_mut().filter(|model| model.name != "controller") {
        let Some(machine) = model.machines.get_mut(&number) else { continue };
        machine.lost = true;
        machine.agent = Status::now("down", "agent is not communicating with the server");
        model.journal.touch(Topic::Machine(id.to_owned()));
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
        struck = true;
    }
    if struck { Ok(()) } else { Err(format!("no model has a machine `{id}`")) }
}

fn heal(state: &mut State) {
    for model in state.models.values_mut() {
        let mut touched = Vec::new();
        for machine in model.machines.values_mut().filter(|machine| machine.lost) {
            machine.lost = false;
            machine.agent = Status::now("started", "");
            touched.push(Topic::Machine(machine.id.clone()));
        }
        for unit in model.units.values_mut() {
            let struck = unit.failing.take().is_some() | unit.blocked.take().is_some() || (unit.agent.status == "lost");
            if struck {
                unit.agent = Status::now("idle", "");
                unit.workload = Status::now("active", "");
                unit.due = None;
                touched.push(Topic::Unit(unit.name()));
                touched.push(Topic::Application(unit.application.clone()));
            }
        }
        for topic in touched {
            model.journal.touch(topic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_as_they_are_written_in_the_help() {
        assert_eq!("hook-error payment/0".parse(), Ok(Fault::HookError("payment/0".into())));
        assert_eq!("block web/1 no database".parse(), Ok(Fault::Block("web/1".into(), "no database".into())));
        assert_eq!("delay 250".parse(), Ok(Fault::Delay(Duration::from_millis(250))));
        for text in ["", "explode", "delay soon", "block web/1", "hook-error", "clear now"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
