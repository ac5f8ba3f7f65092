//! The steps of a bundle for machines, containers and units, and where each unit is placed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    document::{Application, Bundle},
    existing::ModelView,
    placement::{Host, Placement},
    step::{Action, MachineRef, Steps, changed, in_natural_order},
};

/// A machine that the bundle names and the model lacks.
#[derive(Debug)]
pub(super) struct NewMachine {
    step: usize,
    number: String,
}

/// Steps for the machines that the bundle names.
pub(super) fn machines(bundle: &Bundle, model: &mut ModelView, steps: &mut Steps) -> BTreeMap<String, NewMachine> {
    let mut added = BTreeMap::new();
    for id in in_natural_order(bundle.machines.keys()) {
        let machine = bundle.machines[id].clone().unwrap_or_default();
        let existing = model.machine_of(id).map(str::to_owned);
        let (reference, target, requires) = if let Some(found) = &existing {
            (MachineRef::Existing(found.clone()), format!("existing machine {found}"), Vec::new())
        } else {
            let number = model.next_machine();
            let shown = if number == *id { String::new() } else { format!(" (bundle machine {id})") };
            let action = Action::AddMachine {
                base: machine.base.clone().or_else(|| bundle.default_base.clone()),
                constraints: machine.constraints.clone(),
                container: String::new(),
                parent: None,
            };
            let step = steps.add(action, Vec::new(), format!("add new machine {number}{shown}"));
            let target = format!("new machine {number}");
            added.insert(id.clone(), NewMachine { step, number });
            (MachineRef::Step(step), target, vec![step])
        };
        let current = existing.as_ref().and_then(|found| model.machines.get(found));
        let annotations = changed(&machine.annotations, current);
        if !annotations.is_empty() {
            let action = Action::AnnotateMachine { machine: reference, annotations };
            steps.add(action, requires, format!("set annotations for {target}"));
        }
    }
    added
}

/// A unit that is added, with where it is placed.
#[derive(Debug, Clone)]
struct NewUnit {
    step: usize,
    name: String,
    /// The machine under it, as a number.
    machine: String,
    shown: String,
}

/// Where a unit goes.
#[derive(Debug, Default)]
struct Place {
    container: String,
    machine: Option<MachineRef>,
    requires: Vec<usize>,
    number: String,
    shown: String,
    directive: String,
}

struct Units<'a> {
    bundle: &'a Bundle,
    model: &'a mut ModelView,
    machines: &'a BTreeMap<String, NewMachine>,
    steps: &'a mut Steps,
    /// New units by application and number.
    new: BTreeMap<(String, usize), NewUnit>,
    /// Machines that have the second application of the key and not yet the first.
    free_machines: BTreeMap<(String, String), VecDeque<String>>,
    /// New units of the second application beside which none of the first is yet.
    free_units: BTreeMap<(String, String), VecDeque<NewUnit>>,
}

/// Steps for the units that the model lacks.
///
/// # Errors
/// One sentence: places depend on each other in a circle, or a machine would have no unit.
pub(super) fn add(
    bundle: &Bundle,
    model: &mut ModelView,
    deployed: &BTreeMap<String, usize>,
    machines: &BTreeMap<String, NewMachine>,
    steps: &mut Steps,
) -> Result<(), String> {
    let mut units = Units {
        bundle,
        model,
        machines,
        steps,
        new: BTreeMap::new(),
        free_machines: BTreeMap::new(),
        free_units: BTreeMap::new(),
    };
    for name in in_natural_order(bundle.applications.keys()) {
        for number in units.model.count(name)..bundle.applications[name].num_units {
            let unit = units.model.next_unit(name);
            let action = Action::AddUnit { application: name.clone(), container: String::new(), machine: None };
            let requires = deployed.get(name).copied().into_iter().collect();
            let step = units.steps.add(action, requires, String::new());
            let unit = NewUnit { step, name: unit, machine: String::new(), shown: String::new() };
            units.new.insert((name.clone(), number), unit);
        }
    }
    units.place_all()?;
    let used = |step: usize| units.steps.0.iter().any(|other| other.requires.contains(&step));
    match machines.iter().find(|(_, machine)| !used(machine.step)) {
        Some((id, _)) => Err(format!(
            "no unit would be on machine {id} of the bundle: name the machine of the model that it is in `map_machines`"
        )),
        None => Ok(()),
    }
}

impl Units<'_> {
    fn place_all(&mut self) -> Result<(), String> {
        let mut waiting: BTreeSet<&String> = self.bundle.applications.keys().collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            for name in waiting.clone() {
                let places = self.bundle.applications[name].to.iter().filter_map(|text| Placement::parse(text).ok());
                let beside = places.filter_map(|place| match place.host {
                    Host::Application(other) | Host::Unit(other, _) => Some(other),
                    Host::New | Host::Machine(_) => None,
                });
                let is_ready = beside.into_iter().all(|other| !waiting.contains(&other));
                if is_ready {
                    self.place(name);
                    waiting.remove(name);
                }
            }
            if waiting.len() == before {
                let names: Vec<_> = waiting.into_iter().map(String::as_str).collect();
                return Err(format!(
                    "the places of these applications depend on each other in a circle: {}",
                    names.join(", ")
                ));
            }
        }
        Ok(())
    }

    /// Places the new units of an application.
    fn place(&mut self, name: &str) {
        let application = &self.bundle.applications[name];
        let mut open: VecDeque<_> = self.model.open_places(name, &application.to).into();
        // only what is not one machine or one unit repeats
        let last = application.to.last().and_then(|text| Placement::parse(text).ok());
        let last = last.filter(|place| matches!(place.host, Host::New | Host::Application(_)));
        let mut previous = None;
        for number in self.model.count(name)..application.num_units {
            let place = match open.pop_front().or_else(|| last.clone()) {
                Some(place) => self.find(name, application, &place),
                None => self.machine_of_its_own(),
            };
            let Some(unit) = self.new.get_mut(&(name.to_owned(), number)) else { continue };
            unit.machine.clone_from(&place.number);
            unit.shown.clone_from(&place.shown);
            let step = &mut self.steps.0[unit.step];
            let reason =
                if place.directive.is_empty() { String::new() } else { format!(" to satisfy [{}]", place.directive) };
            let to = if place.shown.is_empty() { format!("new machine {}", place.number) } else { place.shown };
            step.description = format!("add unit {} to {to}{reason}", unit.name);
            step.action =
                Action::AddUnit { application: name.to_owned(), container: place.container, machine: place.machine };
            step.requires.extend(place.requires);
            step.requires.extend(previous);
            previous = Some(unit.step);
        }
    }

    fn machine_of_its_own(&mut self) -> Place {
        Place { number: self.model.next_machine(), ..Place::default() }
    }

    fn find(&mut self, name: &str, application: &Application, place: &Placement) -> Place {
        let directive = shown_place(place);
        match &place.host {
            Host::New => self.add_machine(application, &place.container),
            Host::Machine(id) => {
                if let Some(machine) = self.model.machine_of(id).map(str::to_owned) {
                    self.on_existing(&machine, &place.container)
                } else {
                    let Some(new) = self.machines.get(id) else { return self.machine_of_its_own() };
                    let found = Place {
                        machine: Some(MachineRef::Step(new.step)),
                        requires: vec![new.step],
                        number: new.number.clone(),
                        shown: format!("new machine {}", new.number),
                        ..Place::default()
                    };
                    if place.container.is_empty() {
                        found
                    } else {
                        self.add_container(found, application, &place.container)
                    }
                }
            }
            Host::Unit(other, number) => {
                if let Some(machine) = self.model.machine_of_unit(other, *number).map(str::to_owned) {
                    return Place { directive, ..self.on_existing(&machine, &place.container) };
                }
                match self.new.get(&(other.clone(), *number)).cloned() {
                    Some(unit) => Place { directive, ..self.beside(&unit, application, &place.container) },
                    None => self.add_machine(application, &place.container),
                }
            }
            Host::Application(other) => {
                let key = (name.to_owned(), other.clone());
                let machines = self
                    .free_machines
                    .entry(key.clone())
                    .or_insert_with(|| self.model.machines_without(other, name, &place.container).into());
                if let Some(machine) = machines.pop_front() {
                    return Place { directive, ..self.on_existing(&machine, &place.container) };
                }
                let units = self.free_units.entry(key).or_insert_with(|| {
                    self.new.iter().filter(|((of, _), _)| of == other).map(|(_, unit)| unit.clone()).collect()
                });
                match units.pop_front() {
                    Some(unit) => Place { directive, ..self.beside(&unit, application, &place.container) },
                    None => self.machine_of_its_own(),
                }
            }
        }
    }

    fn on_existing(&mut self, machine: &str, container: &str) -> Place {
        let shown = if container.is_empty() {
            format!("existing machine {machine}")
        } else {
            self.model.next_container(machine, container)
        };
        Place {
            container: container.to_owned(),
            machine: Some(MachineRef::Existing(machine.to_owned())),
            number: machine.to_owned(),
            shown,
            ..Place::default()
        }
    }

    fn beside(&mut self, unit: &NewUnit, application: &Application, container: &str) -> Place {
        let shown = if unit.shown.is_empty() { format!("new machine {}", unit.machine) } else { unit.shown.clone() };
        let place = Place {
            machine: Some(MachineRef::Step(unit.step)),
            requires: vec![unit.step],
            number: unit.machine.clone(),
            shown,
            ..Place::default()
        };
        if container.is_empty() { place } else { self.add_container(place, application, container) }
    }

    fn add_machine(&mut self, application: &Application, container: &str) -> Place {
        let number = self.model.next_machine();
        let (mut shown, mut description) = (format!("new machine {number}"), format!("add new machine {number}"));
        if !container.is_empty() {
            shown = self.model.next_container(&number, container);
            description = format!("add {container} container {shown} on new machine {number}");
        }
        let action = self.machine(application, container, None);
        let step = self.steps.add(action, Vec::new(), description);
        Place { machine: Some(MachineRef::Step(step)), requires: vec![step], number, shown, ..Place::default() }
    }

    fn add_container(&mut self, on: Place, application: &Application, container: &str) -> Place {
        let shown = self.model.next_container(&on.number, container);
        let host = if self.model.machines.contains_key(&on.number) { "existing" } else { "new" };
        let description = format!("add {container} container {shown} on {host} machine {}", on.number);
        let action = self.machine(application, container, on.machine);
        let step = self.steps.add(action, on.requires, description);
        Place {
            machine: Some(MachineRef::Step(step)),
            requires: vec![step],
            number: on.number,
            shown,
            ..Place::default()
        }
    }

    fn machine(&self, application: &Application, container: &str, parent: Option<MachineRef>) -> Action {
        Action::AddMachine {
            base: application.base(self.bundle).map(str::to_owned),
            constraints: with_spaces(application),
            container: container.to_owned(),
            parent,
        }
    }
}

/// The constraints of an application with the spaces of its endpoints.
fn with_spaces(application: &Application) -> String {
    let mut spaces: BTreeSet<String> = application.bindings.values().map(crate::entity::text).collect();
    if spaces.is_empty() {
        return application.constraints.clone();
    }
    let mut others: Vec<&str> = Vec::new();
    for word in application.constraints.split_whitespace() {
        match word.strip_prefix("spaces=") {
            Some(named) => spaces.extend(named.split(',').map(str::to_owned)),
            None => others.push(word),
        }
    }
    let spaces = spaces.into_iter().filter(|space| !space.is_empty()).collect::<Vec<_>>().join(",");
    std::iter::once(format!("spaces={spaces}").as_str()).chain(others).collect::<Vec<_>>().join(" ")
}

fn shown_place(place: &Placement) -> String {
    let host = match &place.host {
        Host::New => "new".to_owned(),
        Host::Machine(id) => id.clone(),
        Host::Application(name) => name.clone(),
        Host::Unit(name, number) => format!("{name}/{number}"),
    };
    if place.container.is_empty() { host } else { format!("{}:{host}", place.container) }
}
