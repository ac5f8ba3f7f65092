//! Whether the entities of an act exist: an approver must not be asked about a mistyped name.

use juju_client::Error;
use juju_wire::{
    code::{Code, RemoteError},
    facade::client::{application::UnitStatus, machine::MachineStatus, status::FullStatusResult},
    tag::Tag,
};
use policy::TargetEntity;

use crate::{Failure, ResolvedTarget};

impl ResolvedTarget {
    /// Fails as the controller would where an application, a unit or a machine does not exist. Other kinds are not checked.
    ///
    /// # Errors
    /// [`Failure`], also where the controller does not answer.
    pub(crate) async fn require_entities(&self, entities: &[TargetEntity]) -> Result<(), Failure> {
        if entities.is_empty() || self.location().model().is_none() {
            return Ok(());
        }
        let status = self.full_status().await?;
        match entities.iter().find_map(|entity| find_missing(&status, entity)) {
            Some(message) => Err(Error::Remote(RemoteError::new(Code::NotFound, message)).into()),
            None => Ok(()),
        }
    }
}

/// The message of the controller for an entity that does not exist.
fn find_missing(status: &FullStatusResult, entity: &TargetEntity) -> Option<String> {
    let tag = Tag::parse(&entity.tag()?).ok()?;
    let id = tag.id();
    let there = match tag.kind() {
        "application" => status.applications.contains_key(id) || status.remote_applications.contains_key(id),
        "unit" => match id.rsplit_once('/') {
            // the controller finds the leader
            Some((application, "leader")) => status.applications.contains_key(application),
            _ => status.applications.values().flat_map(|application| &application.units).any(|unit| is_unit(unit, id)),
        },
        "machine" => status.machines.iter().any(|machine| is_machine(machine, id)),
        _ => true,
    };
    (!there).then(|| match tag.kind() {
        "machine" => format!("machine {id} not found"),
        kind => format!("{kind} \"{id}\" not found"),
    })
}

fn is_unit((name, unit): (&String, &UnitStatus), id: &str) -> bool {
    name == id || unit.subordinates.iter().any(|below| is_unit(below, id))
}

fn is_machine((name, machine): (&String, &MachineStatus), id: &str) -> bool {
    name == id || machine.containers.iter().any(|below| is_machine(below, id))
}
