//! Subordinate units: each lives beside a unit of another application, comes with a relation and goes with it.

use juju_wire::RemoteError;

use super::{Model, Relation, Unit};

impl Relation {
    /// The subordinate application and the one that it lives beside, where that is what this relation is for.
    pub(crate) fn beside(&self, model: &Model) -> Option<(String, String)> {
        let [one, other] = self.endpoints.as_slice() else { return None };
        let subordinate = |name: &str| model.applications.get(name).is_some_and(|found| found.charm.subordinate);
        let container = one.scope == "container" && other.scope == "container";
        match (subordinate(&one.application), subordinate(&other.application)) {
            (true, false) if container => Some((one.application.clone(), other.application.clone())),
            (false, true) if container => Some((other.application.clone(), one.application.clone())),
            _ => None,
        }
    }
}

impl Model {
    /// Names of the applications that a subordinate one lives beside.
    pub(crate) fn principals(&self, application: &str) -> Vec<String> {
        let beside = self.relations.values().filter_map(|relation| relation.beside(self));
        beside.filter(|(subordinate, _)| subordinate == application).map(|(_, principal)| principal).collect()
    }

    /// Units that live beside this one.
    pub(crate) fn subordinates<'a>(&'a self, principal: &'a str) -> impl Iterator<Item = &'a Unit> {
        self.beside.get(principal).into_iter().flatten().filter_map(|key| self.units.get(key))
    }

    /// Adds the subordinate units that are still missing.
    pub(crate) fn add_subordinates(&mut self) -> Result<(), RemoteError> {
        let beside: Vec<_> = self.relations.values().filter_map(|relation| relation.beside(self)).collect();
        for (subordinate, principal) in beside {
            let lacking = self.units_of(&principal).filter(|unit| {
                let name = unit.name();
                !self.subordinates(&name).any(|found| found.application == subordinate)
            });
            let lacking: Vec<_> = lacking.map(|unit| (unit.name(), unit.machine.clone())).collect();
            for (name, machine) in lacking {
                self.insert_unit(&subordinate, machine, Some(name))?;
            }
        }
        Ok(())
    }

    /// Begins to remove the subordinate units that no relation holds any more.
    pub(crate) fn remove_subordinates(&mut self, subordinate: &str, principal: &str) -> Result<(), RemoteError> {
        let prefix = format!("{principal}/");
        let left = self
            .units_of(subordinate)
            .filter(|unit| unit.principal.as_deref().is_some_and(|name| name.starts_with(&prefix)));
        let left: Vec<_> = left.map(Unit::name).collect();
        left.iter().try_for_each(|name| self.remove_unit(name, false))
    }
}
