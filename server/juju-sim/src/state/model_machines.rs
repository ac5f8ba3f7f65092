//! Adding machines and containers to a model, and placing units on them.

use juju_wire::{
    RemoteError,
    constraints::{Constraints, Placement},
    entity::Life,
    tag::Tag,
};

use super::{CONTAINERS, Machine, MachineId, Model, OF_CHARMS, Status, Topic};

impl Model {
    /// The machine or container of this number.
    pub(crate) fn machine(&self, id: &str) -> Option<&Machine> {
        self.machines.get(&id.parse().ok()?)
    }

    /// The same, to change it.
    pub(crate) fn machine_mut(&mut self, id: &str) -> Option<&mut Machine> {
        self.machines.get_mut(&id.parse().ok()?)
    }

    /// Containers in a machine, in order.
    pub(crate) fn containers_in<'a>(&'a self, host: &str) -> impl Iterator<Item = &'a Machine> {
        // a machine's containers follow it, before the next machine
        let host: Option<MachineId> = host.parse().ok();
        let following = host.map(|host| self.machines.range(host.clone()..).map(move |one| (host.clone(), one)));
        let near = following.into_iter().flatten().take_while(|(host, (id, _))| id.is_on_machine_of(host));
        near.filter(|(host, (id, _))| id.is_in(host)).map(|(_, (_, machine))| machine)
    }

    /// Adds a machine of the cloud and returns its number.
    pub(crate) fn add_machine(&mut self, constraints: Constraints, channel: &str) -> MachineId {
        let id = MachineId::top(self.next_machine);
        self.next_machine += 1;
        self.insert_machine(id, constraints, channel)
    }

    /// Adds a container in a machine, or in a new one where none is named, and returns its number.
    ///
    /// # Errors
    /// The real server's, where there is no such machine.
    pub(crate) fn add_container(
        &mut self,
        host: &str,
        kind: &str,
        constraints: Constraints,
        channel: &str,
    ) -> Result<MachineId, RemoteError> {
        let host = if host.is_empty() {
            self.add_machine(constraints.clone(), channel)
        } else {
            let found = host.parse().ok().filter(|id| self.machines.contains_key(id));
            found.ok_or_else(|| RemoteError::not_found(format!("machine {host}")))?
        };
        let next = self.next_container.entry((host.clone(), kind.to_owned())).or_default();
        let mut id = host;
        id.within.push((kind.to_owned(), *next));
        *next += 1;
        Ok(self.insert_machine(id, constraints, channel))
    }

    fn insert_machine(&mut self, id: MachineId, constraints: Constraints, channel: &str) -> MachineId {
        let machine = Machine {
            id: id.to_string(),
            agent: Status::now("pending", ""),
            instance: Status::now("pending", ""),
            life: Life::Alive,
            constraints,
            channel: channel.to_owned(),
            due: None,
            lost: false,
        };
        let tag = Tag::new("machine", &machine.id).to_string();
        self.remember(tag.clone(), "machine", machine.instance.clone());
        self.remember(tag, "juju-machine", machine.agent.clone());
        self.machines.insert(id.clone(), machine);
        self.journal.mark_changed(Topic::Machine(id.to_string()));
        id
    }

    /// The machine that a unit is placed on, made where it is not there yet; simulated charms run on every base.
    ///
    /// # Errors
    /// The real server's, where the place is not there.
    pub(super) fn place(&mut self, placement: &Placement, wanted: Constraints) -> Result<MachineId, RemoteError> {
        let Placement { scope, directive } = placement;
        if CONTAINERS.contains(&scope.as_str()) {
            let wanted = Constraints { spaces: Some(Vec::new()), ..wanted };
            return self.add_container(directive, scope, wanted, OF_CHARMS);
        }
        if scope != "#" {
            let known = *scope == self.uuid || *scope == self.name || scope.is_empty();
            let unknown = || RemoteError::plain(format!("placement scope: invalid model UUID \"{scope}\""));
            return if known { Ok(self.add_machine(wanted, OF_CHARMS)) } else { Err(unknown()) };
        }
        let id: Option<MachineId> = directive.parse().ok();
        let found = id.and_then(|id| self.machines.get_key_value(&id));
        let (id, _) = found.ok_or_else(|| RemoteError::not_found(format!("machine {directive}")))?;
        Ok(id.clone())
    }
}
