//! Which machines, units, applications and relations a status with patterns shows (`apiserver/facades/client/client/filtering.go`).

use std::collections::BTreeSet;

use super::network::{opened_ports, unit_address};
use crate::state::{Machine, Model, Relation, Unit};

/// What a status shows: everything without patterns; else what matches one of them, and what belongs to that.
pub(super) struct Selection<'a> {
    model: &'a Model,
    patterns: &'a [String],
    machines: BTreeSet<&'a str>,
    applications: BTreeSet<&'a str>,
    /// Those that match by themselves; only theirs are the relations that are shown.
    matching: BTreeSet<&'a str>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(model: &'a Model, patterns: &'a [String]) -> Self {
        let (machines, applications, matching) = Default::default();
        let mut selection = Self { model, patterns, machines, applications, matching };
        if !patterns.is_empty() {
            selection.select();
        }
        selection
    }

    fn select(&mut self) {
        let named = |machine: &&Machine| {
            self.machine_matches(machine) || self.patterns.iter().any(|pattern| is_within(&machine.id, pattern))
        };
        let named = self.model.machines.values().filter(named);
        self.machines = named.map(|machine| machine.id.as_str()).collect();
        let shown: Vec<_> = self.model.units.values().filter(|unit| self.unit(unit)).collect();
        self.machines.extend(shown.iter().filter_map(|unit| unit.machine.as_deref()));
        let on_them = |unit: &&Unit| unit.machine.as_deref().is_some_and(|id| self.machines.contains(id));
        let mut applications: BTreeSet<_> =
            self.model.units.values().filter(on_them).chain(shown).map(|unit| unit.application.as_str()).collect();
        for name in self.model.applications.keys() {
            let called = self.patterns.iter().any(|pattern| pattern.eq_ignore_ascii_case(name));
            if called || self.model.units_of(name).any(|unit| self.unit_matches(unit)) {
                self.matching.insert(name);
                applications.insert(name);
            }
        }
        self.applications = applications;
    }

    /// Whether a machine is shown.
    pub(super) fn machine(&self, machine: &Machine) -> bool {
        self.patterns.is_empty()
            || self.machines.contains(machine.id.as_str())
            || self.model.containers_in(&machine.id).any(|container| self.machine(container))
    }

    /// Whether an application is shown.
    pub(super) fn application(&self, name: &str) -> bool {
        self.patterns.is_empty() || self.applications.contains(name)
    }

    /// Whether the relations of an application are shown with it.
    pub(super) fn related(&self, name: &str) -> bool {
        self.patterns.is_empty() || self.matching.contains(name)
    }

    /// Whether a relation is shown.
    pub(super) fn relation(&self, relation: &Relation) -> bool {
        relation.endpoints.iter().any(|side| self.related(&side.application))
    }

    /// Whether a unit is shown: it or one beside it matches, or its machine was named.
    pub(super) fn unit(&self, unit: &Unit) -> bool {
        self.patterns.is_empty()
            || self.unit_matches(unit)
            || self.model.subordinates(&unit.name()).any(|beside| self.unit_matches(beside))
            || unit.machine.as_ref().is_some_and(|id| self.patterns.iter().any(|pattern| is_within(id, pattern)))
    }

    fn machine_matches(&self, machine: &Machine) -> bool {
        self.patterns
            .iter()
            .any(|pattern| *pattern == machine.id || *pattern == machine.agent.status || *pattern == machine.address())
    }

    fn unit_matches(&self, unit: &Unit) -> bool {
        let name = unit.name();
        match self.patterns {
            [word, ..] if word == "exposed" && self.exposed(unit) => return true,
            [not, word, ..] if not == "not" && word == "exposed" && !self.exposed(unit) => return true,
            _ => {}
        }
        let ports = opened_ports(self.model, unit).unwrap_or_default();
        self.patterns.iter().any(|pattern| {
            let (application, number) = pattern.split_once('/').unwrap_or((pattern, "*"));
            let called = |name: &str| match name.split_once('/') {
                Some((of, _)) if number == "leader" => of == application && self.leads(name),
                Some((of, own)) => glob(application, of) && glob(number, own),
                None => false,
            };
            called(&name)
                || unit.principal.as_deref().is_some_and(called)
                || self.model.subordinates(&name).any(|beside| called(&beside.name()))
                || *pattern == unit.workload.status
                || *pattern == unit.agent.status
                || ports.contains(pattern)
                || *pattern == unit_address(self.model, unit)
        })
    }

    fn exposed(&self, unit: &Unit) -> bool {
        self.model.applications.get(&unit.application).is_some_and(|application| application.exposed)
    }

    fn leads(&self, name: &str) -> bool {
        self.model.unit(name).is_ok_and(|unit| unit.leader)
    }
}

/// Whether a machine is this one or a container in it.
fn is_within(id: &str, host: &str) -> bool {
    id.strip_prefix(host).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Shell-like patterns with `*`, as `juju status` takes them.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| glob(tail, &rest[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything() {
        for (pattern, text, fits) in
            [("web", "web", true), ("w*", "web", true), ("*b", "web", true), ("*", "", true), ("w*x", "web", false)]
        {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }
}
