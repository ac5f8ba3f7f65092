//! Machines, and the containers in them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use juju_wire::{
    RemoteError,
    constraints::{Constraints, Placement},
    entity::Life,
    tag::Tag,
};

use super::{Model, Status, Topic};

/// Kinds of container that a placement can ask for.
pub(crate) const CONTAINERS: [&str; 2] = ["lxd", "kvm"];

/// Release of machines for which nobody names one.
pub(crate) const LATEST: &str = "24.04/stable";
/// Release of the machines that are made for units.
pub(crate) const OF_CHARMS: &str = "22.04/stable";

/// Which machine, and which container in it: `0`, `0/lxd/1`; in the order in which they are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MachineId {
    number: u32,
    /// Kind and number of the container, and of that in it.
    within: Vec<(String, u32)>,
}

impl MachineId {
    fn top(number: u32) -> Self {
        Self { number, within: Vec::new() }
    }

    /// The machine that a container is in.
    pub(crate) fn host(&self) -> Option<Self> {
        let (_, outer) = self.within.split_last()?;
        Some(Self { number: self.number, within: outer.to_vec() })
    }

    /// The kind of container; nothing for a machine of the cloud.
    pub(crate) fn container(&self) -> &str {
        self.within.last().map(|(kind, _)| kind.as_str()).unwrap_or_default()
    }

    fn is_in(&self, host: &Self) -> bool {
        self.host().as_ref() == Some(host)
    }
}

impl FromStr for MachineId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('/');
        let number = |part: Option<&str>| part.and_then(|part| part.parse().ok()).ok_or(());
        let mut id = Self::top(number(parts.next())?);
        while let Some(kind) = parts.next() {
            id.within.push((kind.to_owned(), number(parts.next())?));
        }
        Ok(id)
    }
}

impl fmt::Display for MachineId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.number)?;
        self.within.iter().try_for_each(|(kind, number)| write!(formatter, "/{kind}/{number}"))
    }
}

/// A machine, or a container in one.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    /// The written form of its [`MachineId`].
    pub(crate) id: String,
    pub(crate) agent: Status,
    pub(crate) instance: Status,
    pub(crate) life: Life,
    pub(crate) constraints: Constraints,
    /// Release of Ubuntu, `22.04/stable`.
    pub(crate) channel: String,
    pub(crate) due: Option<DateTime<Utc>>,
    pub(crate) lost: bool,
}

impl Machine {
    /// Its address, derived from its number; that of a container is in a network of its own.
    pub(crate) fn address(&self) -> String {
        let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok()).unwrap_or_default();
        let mut parts = self.id.split('/');
        let host = number(parts.next());
        match self.id.rsplit_once('/') {
            Some((_, container)) => {
                format!("252.{}.{}.{}", host / 250 % 250, host % 250 + 1, number(Some(container)) % 250 + 1)
            }
            None => format!("10.{}.{}.{}", 20 + host / 62_500, host / 250 % 250, host % 250 + 1),
        }
    }

    /// What the cloud calls it, `sim-0-lxd-1`.
    pub(crate) fn instance_id(&self) -> String {
        format!("sim-{}", self.id.replace('/', "-"))
    }

    /// Whether it is in another machine.
    pub(crate) fn is_container(&self) -> bool {
        self.id.contains('/')
    }

    /// Whether its agent has run.
    pub(crate) fn started(&self) -> bool {
        self.agent.status != "pending"
    }
}

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
        let host: Option<MachineId> = host.parse().ok();
        let inside = move |id: &MachineId| host.as_ref().is_some_and(|host| id.is_in(host));
        self.machines.iter().filter(move |(id, _)| inside(id)).map(|(_, machine)| machine)
    }

    /// Adds a machine of the cloud and gives its number.
    pub(crate) fn add_machine(&mut self, constraints: Constraints, channel: &str) -> MachineId {
        let id = MachineId::top(self.next_machine);
        self.next_machine += 1;
        self.insert_machine(id, constraints, channel)
    }

    /// Adds a container in a machine, or in a new one where none is named, and gives its number.
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
        self.journal.touch(Topic::Machine(id.to_string()));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_listed_after_their_machine_and_before_the_next() {
        let mut ids: Vec<MachineId> =
            ["10", "0/lxd/10", "2", "0/lxd/2", "0"].iter().filter_map(|id| id.parse().ok()).collect();
        ids.sort();
        assert_eq!(ids.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0", "0/lxd/2", "0/lxd/10", "2", "10"]);
        assert_eq!(ids[1].host(), Some(MachineId::top(0)));
        assert_eq!((ids[1].container(), ids[0].container()), ("lxd", ""));
        for text in ["", "web", "0/lxd", "0/lxd/x", "-1"] {
            assert!(text.parse::<MachineId>().is_err(), "{text}");
        }
    }
}
