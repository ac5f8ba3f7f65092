//! Whether what an act is about is there at all: nobody is to be asked about a slip of the pen.

use juju_client::Error;
use juju_wire::{
    code::{Code, RemoteError},
    facade::client::{application::UnitStatus, machine::MachineStatus, status::FullStatusResult},
    tag::Tag,
};
use policy::TargetEntity;

use crate::{Failure, Site};

impl Site {
    /// Says what the controller says where an application, a unit or a machine is not there. Others are not looked for.
    ///
    /// # Errors
    /// [`Failure`], also where the controller does not tell.
    pub(crate) async fn require(&self, entities: &[TargetEntity]) -> Result<(), Failure> {
        if entities.is_empty() || self.location().model().is_none() {
            return Ok(());
        }
        let told = self.full_status().await?;
        match entities.iter().find_map(|entity| missing(&told, entity)) {
            Some(message) => Err(Error::Remote(RemoteError::new(Code::NotFound, message)).into()),
            None => Ok(()),
        }
    }
}

/// What the controller says about an entity that is not there.
fn missing(told: &FullStatusResult, entity: &TargetEntity) -> Option<String> {
    let tag = Tag::parse(&entity.tag()?).ok()?;
    let id = tag.id();
    let there = match tag.kind() {
        "application" => told.applications.contains_key(id) || told.remote_applications.contains_key(id),
        "unit" => match id.rsplit_once('/') {
            // whoever leads is found out by the controller
            Some((application, "leader")) => told.applications.contains_key(application),
            _ => told.applications.values().flat_map(|application| &application.units).any(|unit| is_unit(unit, id)),
        },
        "machine" => told.machines.iter().any(|machine| is_machine(machine, id)),
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
