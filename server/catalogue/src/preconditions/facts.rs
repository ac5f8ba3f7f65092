//! The state of the model that preconditions and costs look at, read once for an act.

use juju_client::Error;
use juju_wire::facade::client::{
    application::{ApplicationStatus, UnitStatus},
    machine::MachineStatus,
    status::FullStatusResult,
};

use crate::{Failure, ResolvedTarget};

/// The state of the model of an act; empty for an act on no model.
#[derive(Debug, Default)]
pub struct Facts {
    pub(crate) status: FullStatusResult,
    pub(crate) kubernetes: bool,
    notes: Vec<String>,
}

impl Facts {
    pub(super) async fn read(target: &ResolvedTarget) -> Result<Self, Failure> {
        if target.location().model().is_none() {
            return Ok(Self::default());
        }
        let status = target.full_status().await?;
        Ok(Self { status, kubernetes: target.is_kubernetes(), notes: Vec::new() })
    }

    #[cfg(test)]
    pub(crate) fn from_status(status: FullStatusResult) -> Self {
        Self { status, ..Self::default() }
    }

    /// Adds what a reader of the dry run has to know.
    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// What a reader of the dry run has to know.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// An application of the model itself.
    pub(crate) fn application(&self, name: &str) -> Option<&ApplicationStatus> {
        self.status.applications.get(name)
    }

    /// The same, which an earlier check has found.
    pub(super) fn known_application(&self, name: &str) -> Result<&ApplicationStatus, Failure> {
        let missing = || Error::Remote(juju_wire::RemoteError::not_found(format!("application \"{name}\"")));
        self.application(name).ok_or_else(|| missing().into())
    }

    /// All units with their names, subordinates included.
    pub(crate) fn units(&self) -> impl Iterator<Item = (&String, &UnitStatus)> {
        let principals = self.status.applications.values().flat_map(|application| &application.units);
        principals.flat_map(|unit| std::iter::once(unit).chain(&unit.1.subordinates))
    }

    /// The units of an application, also those of a subordinate.
    pub(crate) fn units_of(&self, application: &str) -> impl Iterator<Item = &String> {
        let own = move |name: &str| name.rsplit_once('/').is_some_and(|(owner, _)| owner == application);
        self.units().map(|(name, _)| name).filter(move |name| own(name))
    }

    pub(crate) fn unit(&self, wanted: &str) -> Option<&UnitStatus> {
        self.units().find(|(name, _)| *name == wanted).map(|(_, unit)| unit)
    }

    /// All machines and containers with their ids.
    pub(crate) fn machines(&self) -> Vec<(&String, &MachineStatus)> {
        fn collect<'a>(found: &mut Vec<(&'a String, &'a MachineStatus)>, one: (&'a String, &'a MachineStatus)) {
            found.push(one);
            one.1.containers.iter().for_each(|below| collect(found, below));
        }
        let mut found = Vec::new();
        self.status.machines.iter().for_each(|machine| collect(&mut found, machine));
        found
    }

    pub(crate) fn machine(&self, wanted: &str) -> Option<&MachineStatus> {
        self.machines().into_iter().find(|(id, _)| *id == wanted).map(|(_, machine)| machine)
    }
}
