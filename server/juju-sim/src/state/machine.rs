//! Machines, and the containers in them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use juju_wire::{constraints::Constraints, entity::Life};

use super::Status;

/// Kinds of container that a placement can ask for.
pub(crate) const CONTAINERS: [&str; 2] = ["lxd", "kvm"];

/// Default release of machines.
pub(crate) const LATEST: &str = "24.04/stable";
/// Release of the machines that are made for units.
pub(crate) const OF_CHARMS: &str = "22.04/stable";

/// Which machine, and which container in it: `0`, `0/lxd/1`; in the order in which they are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MachineId {
    number: u32,
    /// Kind and number of the container, and of that in it.
    pub(super) within: Vec<(String, u32)>,
}

impl MachineId {
    pub(super) fn top(number: u32) -> Self {
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

    /// Whether both are on the same machine of the cloud.
    pub(super) fn is_on_machine_of(&self, other: &Self) -> bool {
        self.number == other.number
    }

    pub(super) fn is_in(&self, host: &Self) -> bool {
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
