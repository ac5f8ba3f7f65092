//! What depends on what: units on machines, applications on the providers of their relations, across models by offers.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use estate::{ModelGraph, ModelIdentity};

use crate::{FindingEntity, facts::Reported};

/// An entity: the number of its model, its kind and its name.
pub(crate) type Place = (usize, &'static str, Arc<str>);

/// Longest path that is followed.
const MAX_DEPTH: usize = 12;
/// Most affected entities that a finding lists.
const MAX_AFFECTED: usize = 50;
/// Kinds of entities.
const KINDS: [&str; 10] = [
    "model",
    "application",
    "unit",
    "machine",
    "relation",
    "remote_application",
    "storage",
    "secret",
    "certificate",
    "credential",
];

/// Where a unit is: its application, its machine and its principal.
type UnitPlace = (Arc<str>, Arc<str>, Box<str>);
/// A relation that an application requires: its key, and the provider.
type Requirement = (Arc<str>, Arc<str>);

/// The links of one model.
#[derive(Debug, Default)]
pub(crate) struct ModelLinks {
    controller: Box<str>,
    model: Box<str>,
    units: BTreeMap<Arc<str>, UnitPlace>,
    units_of: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// By application.
    requires: BTreeMap<Arc<str>, Vec<Requirement>>,
    /// URLs of offers by the name of the remote application.
    remotes: BTreeMap<Arc<str>, Box<str>>,
    /// Applications by the name of their offer.
    offers: BTreeMap<Arc<str>, Arc<str>>,
    /// Storage by unit.
    storage: BTreeMap<Arc<str>, Vec<Arc<str>>>,
}

impl ModelLinks {
    pub(crate) fn read(model: &ModelIdentity, graph: &ModelGraph, reported: &Reported) -> Self {
        let mut links = Self { controller: model.controller.clone(), model: model.model.clone(), ..Self::default() };
        for (name, unit) in &graph.units {
            let places = (unit.application.clone(), unit.machine.clone(), unit.principal.clone());
            links.units_of.entry(unit.application.clone()).or_default().push(name.clone());
            links.units.insert(name.clone(), places);
        }
        for relation in graph.relations.values() {
            let [first, second] = &relation.endpoints[..] else { continue };
            let (requirer, provider) = if &*first.role == "requirer" { (first, second) } else { (second, first) };
            let entry = links.requires.entry((&*requirer.application).into()).or_default();
            entry.push(((&*relation.key).into(), (&*provider.application).into()));
        }
        for (name, remote) in &graph.remote_applications {
            links.remotes.insert(name.clone(), remote.offer_url.clone());
        }
        for (name, offer) in &graph.offers {
            links.offers.insert(name.clone(), (&*offer.application).into());
        }
        for (id, storage) in &reported.storage {
            if let Some(unit) = &storage.unit {
                links.storage.entry((&**unit).into()).or_default().push((&**id).into());
            }
        }
        links
    }
}

/// The links of all observed models.
#[derive(Debug)]
pub(crate) struct Links(pub(crate) Vec<ModelLinks>);

impl Links {
    /// The place of an entity, if its model is observed.
    pub(crate) fn place(&self, entity: &FindingEntity) -> Option<Place> {
        let is_own = |links: &ModelLinks| links.controller == entity.controller && links.model == entity.model;
        let model = self.0.iter().position(is_own)?;
        let kind = KINDS.iter().find(|kind| **kind == &*entity.kind)?;
        Some((model, kind, (&*entity.name).into()))
    }

    fn entity(&self, place: &Place) -> FindingEntity {
        let model = &self.0[place.0];
        FindingEntity {
            controller: model.controller.clone(),
            model: model.model.clone(),
            kind: place.1.into(),
            name: (&*place.2).into(),
        }
    }

    /// What an entity depends on directly.
    fn dependencies(&self, (number, kind, name): &Place) -> Vec<Place> {
        let model = &self.0[*number];
        let place = |kind: &'static str, name: &Arc<str>| (*number, kind, Arc::clone(name));
        match *kind {
            "unit" => {
                let Some((application, machine, principal)) = model.units.get(name) else { return Vec::new() };
                let mut found: Vec<_> =
                    model.storage.get(name).into_iter().flatten().map(|id| place("storage", id)).collect();
                if !machine.is_empty() {
                    found.push(place("machine", machine));
                }
                if !principal.is_empty() {
                    found.push((*number, "unit", (&**principal).into()));
                }
                found.push(place("application", application));
                found
            }
            "application" => {
                let units = model.units_of.get(name).into_iter().flatten().map(|unit| place("unit", unit));
                let requires = model.requires.get(name).into_iter().flatten();
                let providers = requires.flat_map(|(key, provider)| {
                    let kind = if model.remotes.contains_key(provider) { "remote_application" } else { "application" };
                    [place("relation", key), place(kind, provider)]
                });
                units.chain(providers).collect()
            }
            "machine" => {
                let host = name.rsplitn(3, '/').nth(2);
                let model = (*number, "model", Arc::from(""));
                host.map(|host| (*number, "machine", Arc::from(host))).into_iter().chain([model]).collect()
            }
            "remote_application" => {
                model.remotes.get(name).and_then(|url| self.offered(*number, url)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// The application of an offer, `admin/prod.db` or `eu:admin/prod.db`.
    fn offered(&self, from: usize, url: &str) -> Option<Place> {
        let (controller, rest) = match url.split_once(':') {
            Some((controller, rest)) => (controller, rest),
            None => (&*self.0[from].controller, url),
        };
        let (model, offer) = rest.rsplit_once('.')?;
        let model = model.trim_start_matches('/');
        let fits = |links: &ModelLinks| &*links.model == model && &*links.controller == controller;
        let number = self.0.iter().position(fits).or_else(|| self.0.iter().position(|links| &*links.model == model))?;
        let application = self.0[number].offers.get(offer)?;
        Some((number, "application", Arc::clone(application)))
    }

    /// Everything that an entity depends on, the nearest first, with its distance; itself included.
    ///
    /// Other units of the own application are left out: they suffer from the same, and are no cause. See [`Links::peers`].
    pub(crate) fn reachable(&self, from: &Place) -> Vec<(Place, usize)> {
        let own = match from.1 {
            "unit" => {
                self.0[from.0].units.get(&from.2).map(|(application, ..)| (from.0, "application", application.clone()))
            }
            _ => None,
        };
        let mut seen = BTreeSet::from([from.clone()]);
        let mut found = Vec::new();
        let mut waiting = VecDeque::from([(from.clone(), 0)]);
        while let Some((place, distance)) = waiting.pop_front() {
            if distance < MAX_DEPTH {
                for next in self.dependencies(&place) {
                    if own.as_ref() == Some(&place) && next.1 == "unit" {
                        continue;
                    }
                    if seen.insert(next.clone()) {
                        waiting.push_back((next, distance + 1));
                    }
                }
            }
            found.push((place, distance));
        }
        found
    }

    /// Other units of the application of a unit, with their machines and storage: what happens to them is a cause for the unit only if it
    /// is their own.
    pub(crate) fn peers(&self, from: &Place) -> Vec<Place> {
        let model = &self.0[from.0];
        let Some((application, ..)) = model.units.get(&from.2).filter(|_| from.1 == "unit") else { return Vec::new() };
        let others = model.units_of.get(application).into_iter().flatten().filter(|unit| **unit != from.2);
        let mut found = Vec::new();
        for unit in others {
            let place = (from.0, "unit", Arc::clone(unit));
            let below = self.dependencies(&place);
            found.extend(below.into_iter().filter(|(_, kind, _)| matches!(*kind, "machine" | "storage")));
            found.push(place);
        }
        found
    }

    /// Other applications that require the same providers as an application or a unit, with their units.
    pub(crate) fn siblings(&self, from: &Place) -> Vec<Place> {
        let model = &self.0[from.0];
        let own = match from.1 {
            "unit" => model.units.get(&from.2).map(|(application, ..)| application),
            "application" => Some(&from.2),
            _ => None,
        };
        let Some(own) = own else { return Vec::new() };
        let providers = model.requires.get(own).into_iter().flatten();
        let applications = providers.flat_map(|(_, provider)| self.requirers(from.0, provider));
        let mut found = Vec::new();
        for (number, application) in applications.filter(|(_, application)| application != own) {
            let units = model.units_of.get(&application).into_iter().flatten();
            found.extend(units.map(|unit| (number, "unit", Arc::clone(unit))));
            found.push((number, "application", application));
        }
        found
    }

    /// Entities that depend on an entity: applications, and the units on a machine.
    pub(crate) fn affected(&self, from: &Place) -> Vec<FindingEntity> {
        let mut affected = Vec::new();
        let mut waiting: VecDeque<(usize, Arc<str>)> = VecDeque::new();
        let model = &self.0[from.0];
        match from.1 {
            "unit" => waiting.extend(model.units.get(&from.2).map(|(application, ..)| (from.0, application.clone()))),
            "application" => waiting.push_back((from.0, from.2.clone())),
            "machine" => {
                for (name, (application, machine, _)) in &model.units {
                    if *machine == from.2 {
                        affected.push(self.entity(&(from.0, "unit", name.clone())));
                        waiting.push_back((from.0, application.clone()));
                    }
                }
            }
            "storage" => {
                let units = model.storage.iter().filter(|(_, ids)| ids.contains(&from.2)).map(|(unit, _)| unit);
                waiting.extend(units.filter_map(|unit| Some((from.0, model.units.get(unit)?.0.clone()))));
            }
            "relation" => {
                let requirers = model.requires.iter().filter(|(_, ends)| ends.iter().any(|(key, _)| *key == from.2));
                waiting.extend(requirers.map(|(application, _)| (from.0, application.clone())));
            }
            "remote_application" => {
                waiting.extend(self.requirers(from.0, &from.2));
            }
            _ => {}
        }
        let mut seen: BTreeSet<(usize, Arc<str>)> = waiting.iter().cloned().collect();
        let is_own = |place: &Place| place == from;
        while let Some((number, application)) = waiting.pop_front() {
            if affected.len() >= MAX_AFFECTED {
                break;
            }
            let place = (number, "application", application.clone());
            if !is_own(&place) {
                affected.push(self.entity(&place));
            }
            for next in self.dependents(number, &application) {
                if seen.insert(next.clone()) {
                    waiting.push_back(next);
                }
            }
        }
        affected
    }

    /// Applications that require one of a name in the same model.
    fn requirers(&self, number: usize, provider: &Arc<str>) -> Vec<(usize, Arc<str>)> {
        let requires = self.0[number].requires.iter();
        let found = requires.filter(|(_, ends)| ends.iter().any(|(_, other)| other == provider));
        found.map(|(application, _)| (number, application.clone())).collect()
    }

    /// Applications that require an application, in its own model and in others.
    fn dependents(&self, number: usize, application: &Arc<str>) -> Vec<(usize, Arc<str>)> {
        let mut found = self.requirers(number, application);
        let place = (number, "application", application.clone());
        for (other, model) in self.0.iter().enumerate() {
            for (name, url) in &model.remotes {
                if self.offered(other, url).as_ref() == Some(&place) {
                    found.extend(self.requirers(other, name));
                }
            }
        }
        found
    }
}
