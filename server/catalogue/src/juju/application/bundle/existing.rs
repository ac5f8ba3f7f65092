//! The model into which a bundle is deployed: what it has already, its next numbers, and which of its machines the bundle means.

use std::collections::{BTreeMap, BTreeSet};

use juju_wire::{
    constraints::Base,
    facade::client::{application::ApplicationStatus, machine::MachineStatus, status::FullStatusResult},
};
use serde_json::Value;

use super::{
    document::Bundle,
    placement::{Host, Placement},
};

/// An application that the model has.
#[derive(Debug, Clone, Default)]
pub(super) struct Existing {
    pub(super) charm: String,
    pub(super) revision: i64,
    pub(super) channel: String,
    pub(super) base: Base,
    pub(super) exposed: bool,
    pub(super) exposed_endpoints: BTreeMap<String, (Vec<String>, Vec<String>)>,
    pub(super) scale: usize,
    pub(super) options: BTreeMap<String, Value>,
    pub(super) annotations: BTreeMap<String, String>,
    pub(super) constraints: juju_wire::constraints::Constraints,
    pub(super) offers: Vec<String>,
    /// Machine of each unit, by number.
    pub(super) units: BTreeMap<usize, String>,
}

/// The model.
#[derive(Debug, Clone, Default)]
pub(super) struct ModelView {
    pub(super) applications: BTreeMap<String, Existing>,
    /// Annotations by machine, containers included.
    pub(super) machines: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) relations: BTreeSet<[String; 2]>,
    /// Next numbers: of machines by `machine`, of containers by `machineHOST/KIND`, of units by `application-NAME`.
    sequences: BTreeMap<String, i64>,
    /// The machine that a machine of the bundle is.
    machine_map: BTreeMap<String, String>,
}

/// The machine under a container.
pub(super) fn top(machine: &str) -> &str {
    machine.split('/').next().unwrap_or(machine)
}

/// The kind of a container; empty for a machine.
fn container_kind(machine: &str) -> &str {
    machine.rsplit('/').nth(1).unwrap_or_default()
}

impl ModelView {
    /// The model of a status, with its next numbers.
    pub(super) fn new(status: &FullStatusResult, sequences: BTreeMap<String, i64>) -> Self {
        let mut view = Self { sequences, ..Self::default() };
        for (name, application) in &status.applications {
            view.applications.insert(name.clone(), existing(application));
        }
        for offer in status.offers.values() {
            if let Some(application) = view.applications.get_mut(&offer.application_name) {
                application.offers.push(offer.offer_name.clone());
            }
        }
        for machine in status.machines.values() {
            view.add_machine(machine);
        }
        for relation in &status.relations {
            if let [one, other] = relation.endpoints.as_slice() {
                let side = |application: &str, name: &str| format!("{application}:{name}");
                view.relations.insert([side(&one.application, &one.name), side(&other.application, &other.name)]);
            }
        }
        view
    }

    fn add_machine(&mut self, machine: &MachineStatus) {
        self.machines.insert(machine.id.clone(), BTreeMap::new());
        machine.containers.values().for_each(|container| self.add_machine(container));
    }

    /// Maps machines of the bundle to those of the model: `existing` all of the same number, and `0=3` one.
    ///
    /// # Errors
    /// One sentence.
    pub(super) fn map_machines(&mut self, text: &str) -> Result<(), String> {
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if word == "existing" {
                let tops: Vec<_> = self.machines.keys().filter(|id| !id.contains('/')).cloned().collect();
                for id in tops {
                    self.machine_map.entry(id.clone()).or_insert(id);
                }
                continue;
            }
            let Some((bundle, model)) = word.split_once('=').filter(|(one, other)| is_number(one) && is_number(other))
            else {
                return Err(format!("`map_machines` has to be like `existing,0=3`, not: {word}"));
            };
            if !self.machines.contains_key(model) {
                return Err(format!("`map_machines` names machine {model}, which the model lacks"));
            }
            self.machine_map.insert(bundle.to_owned(), model.to_owned());
        }
        Ok(())
    }

    /// Finds the machines that the bundle means by the units that are there already.
    pub(super) fn infer_machines(&mut self, bundle: &Bundle) {
        let mut taken: BTreeSet<String> = self.machine_map.values().cloned().collect();
        let mut open: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, application) in &self.applications {
            let machines = application.units.values().filter(|machine| !taken.contains(top(machine))).cloned();
            open.insert(name, machines.collect());
        }
        let mut waiting: Vec<(&str, String)> = Vec::new();
        let mut found = BTreeMap::new();
        for (name, application) in &bundle.applications {
            for place in application.to.iter().filter_map(|text| Placement::parse(text).ok()) {
                let Host::Machine(id) = place.host else { continue };
                if self.machine_map.contains_key(&id) || found.contains_key(&id) {
                    continue;
                }
                let on_it = |machine: &String| is_on(machine, &id, &place.container);
                let units = open.entry(name).or_default();
                match units.iter().position(on_it) {
                    Some(at) => {
                        units.remove(at);
                        taken.insert(id.clone());
                        found.insert(id.clone(), id);
                    }
                    None => waiting.push((name, id)),
                }
            }
        }
        for (name, id) in waiting {
            if self.machine_map.contains_key(&id) || found.contains_key(&id) {
                continue;
            }
            let units = open.entry(name).or_default();
            if let Some(at) = units.iter().position(|machine| !taken.contains(top(machine))) {
                let machine = top(&units.remove(at)).to_owned();
                taken.insert(machine.clone());
                found.insert(id, machine);
            }
        }
        self.machine_map.extend(found);
    }

    /// The machine of the model that a machine of the bundle is.
    pub(super) fn machine_of(&self, bundle_machine: &str) -> Option<&str> {
        self.machine_map.get(bundle_machine).map(String::as_str).filter(|id| self.machines.contains_key(*id))
    }

    fn next(&mut self, sequence: String) -> i64 {
        let number = self.sequences.entry(sequence).or_default();
        *number += 1;
        *number - 1
    }

    pub(super) fn next_machine(&mut self) -> String {
        self.next("machine".to_owned()).to_string()
    }

    pub(super) fn next_container(&mut self, machine: &str, kind: &str) -> String {
        let number = self.next(format!("machine{machine}{kind}Container"));
        format!("{machine}/{kind}/{number}")
    }

    pub(super) fn next_unit(&mut self, application: &str) -> String {
        format!("{application}/{}", self.next(format!("application-{application}")))
    }

    /// Number of units that an application has.
    pub(super) fn count(&self, application: &str) -> usize {
        self.applications.get(application).map_or(0, |found| found.units.len())
    }

    pub(super) fn machine_of_unit(&self, application: &str, number: usize) -> Option<&str> {
        self.applications.get(application)?.units.get(&number).map(String::as_str)
    }

    pub(super) fn has_relation(&self, one: &str, other: &str) -> bool {
        let same =
            |sides: &[String; 2]| (sides[0] == one && sides[1] == other) || (sides[0] == other && sides[1] == one);
        self.relations.iter().any(same)
    }

    /// Machines with a unit of one application and none of another, in order.
    pub(super) fn machines_without(&self, source: &str, application: &str, container: &str) -> Vec<String> {
        let units = |name: &str| self.applications.get(name).into_iter().flat_map(|found| found.units.values());
        let mut machines: Vec<String> = units(source).map(|machine| top(machine).to_owned()).collect();
        for machine in units(application).filter(|machine| container_kind(machine) == container) {
            machines.retain(|one| one != top(machine));
        }
        machines.sort_by_key(|id| id.parse::<u64>().unwrap_or(u64::MAX));
        machines.dedup();
        machines
    }

    /// The places that no unit of the application has yet.
    pub(super) fn open_places(&self, application: &str, places: &[String]) -> Vec<Placement> {
        let has = |machine: &str, container: &str| {
            let machine = self.machine_map.get(machine).map_or(machine, String::as_str);
            let mut units = self.applications.get(application).into_iter().flat_map(|found| found.units.values());
            units.any(|unit| is_on(unit, machine, container))
        };
        let is_open = |place: &Placement| match &place.host {
            Host::Machine(id) => !has(id, &place.container),
            Host::Unit(other, number) => {
                self.machine_of_unit(other, *number).is_none_or(|machine| !has(machine, &place.container))
            }
            Host::New | Host::Application(_) => true,
        };
        places.iter().filter_map(|text| Placement::parse(text).ok()).filter(is_open).collect()
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a unit's machine is this one, or a container of this kind on it.
fn is_on(machine: &str, wanted: &str, container: &str) -> bool {
    if container.is_empty() {
        machine == wanted
    } else {
        top(machine) == wanted && container_kind(machine) == container
    }
}

fn existing(application: &ApplicationStatus) -> Existing {
    let unit = |(name, unit): (&String, &juju_wire::facade::client::application::UnitStatus)| {
        Some((name.rsplit('/').next()?.parse().ok()?, unit.machine.clone()))
    };
    let exposed = |(name, one): (&String, &juju_wire::facade::client::application::ExposedEndpoint)| {
        (name.clone(), (one.expose_to_cidrs.clone(), one.expose_to_spaces.clone()))
    };
    Existing {
        charm: application.charm.clone(),
        revision: application.charm_rev,
        channel: application.charm_channel.clone(),
        base: application.base.clone(),
        exposed: application.exposed,
        exposed_endpoints: application.exposed_endpoints.iter().map(exposed).collect(),
        scale: usize::try_from(application.int).unwrap_or_default(),
        units: application.units.iter().filter_map(unit).collect(),
        ..Existing::default()
    }
}
