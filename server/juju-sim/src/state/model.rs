//! A model and everything in it, and the changes that both handlers and agents make to it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use juju_wire::{
    Code, RemoteError,
    constraints::{Constraints, Placement},
    entity::Life,
    facade::{model_generation::Generation, resources::CharmResource, storage::pool::StoragePool},
};
use serde_json::Value;

use super::machine::OF_CHARMS;
use super::{
    Application, Cloud, Incident, Journal, Kind, Machine, MachineId, ModelAccess, Relation, RelationEndpoint, Secret,
    Status, Storage, Task, Unit, Upload, Work,
};
use crate::charms::Charm;

/// Limits of the status history and of the log.
const HISTORY: usize = 100;
const LOG: usize = 5_000;

/// An entity that watchers observe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Model,
    Machine(String),
    Application(String),
    Unit(String),
    Relation(i64),
    RemoteApplication(String),
    Offer(String),
    /// By URL.
    Charm(String),
    Task(String),
}

/// A line of the log.
#[derive(Debug, Clone)]
pub(crate) struct LogLine {
    pub(crate) number: u64,
    pub(crate) time: DateTime<Utc>,
    pub(crate) entity: String,
    pub(crate) level: &'static str,
    pub(crate) module: String,
    pub(crate) message: String,
}

/// Default users of an offer (`core/permission/user.go`).
pub(crate) const EVERYONE: &str = "everyone@external";

/// An offer of an application's endpoints to other models.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) name: String,
    pub(crate) uuid: String,
    pub(crate) application: String,
    pub(crate) description: String,
    pub(crate) endpoints: Vec<RelationEndpoint>,
    /// What users may do with it, beside its owner: `read`, `consume` or `admin`.
    pub(crate) users: BTreeMap<String, String>,
}

/// An application of another model, consumed here.
#[derive(Debug, Clone)]
pub(crate) struct RemoteApplication {
    pub(crate) name: String,
    pub(crate) offer_url: String,
    pub(crate) endpoints: Vec<RelationEndpoint>,
    pub(crate) status: Status,
}

/// Tasks that were asked for together.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) tasks: Vec<String>,
    /// Why tasks could not begin; empty where all did.
    pub(crate) fail: String,
    pub(crate) enqueued: DateTime<Utc>,
}

/// A branch, which some units track.
#[derive(Debug, Clone, Default)]
pub(crate) struct Branch {
    pub(crate) created: DateTime<Utc>,
    pub(crate) created_by: String,
    /// Names of the units that track it.
    pub(crate) units: BTreeSet<String>,
}

/// A kind of command that is disabled.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    pub(crate) number: u32,
    pub(crate) message: String,
}

/// A model.
pub(crate) struct Model {
    pub(crate) uuid: String,
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) cloud: Cloud,
    pub(crate) kind: Kind,
    pub(crate) life: Life,
    pub(crate) created: DateTime<Utc>,
    pub(crate) users: BTreeMap<String, ModelAccess>,
    /// When users were connected to it last.
    pub(crate) connections: BTreeMap<String, DateTime<Utc>>,
    pub(crate) applications: BTreeMap<String, Application>,
    /// By application and number, so that `web/10` comes after `web/9`.
    pub(crate) units: BTreeMap<(String, u32), Unit>,
    /// Keys of the subordinate units that live beside a unit, by its name.
    pub(crate) beside: BTreeMap<String, BTreeSet<(String, u32)>>,
    pub(crate) machines: BTreeMap<MachineId, Machine>,
    pub(crate) relations: BTreeMap<i64, Relation>,
    pub(crate) offers: BTreeMap<String, Offer>,
    pub(crate) remote_applications: BTreeMap<String, RemoteApplication>,
    pub(crate) operations: BTreeMap<u64, Operation>,
    pub(crate) tasks: BTreeMap<u64, Task>,
    pub(crate) config: BTreeMap<String, Value>,
    /// Settings that it got from the defaults of its cloud, with where from.
    pub(crate) inherited: BTreeMap<String, (Value, &'static str)>,
    pub(crate) constraints: Constraints,
    pub(crate) annotations: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) history: BTreeMap<(String, &'static str), VecDeque<Status>>,
    pub(crate) log: VecDeque<LogLine>,
    /// By id.
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// Names of spaces, by their numbers.
    pub(crate) spaces: Vec<String>,
    /// Spaces of its subnets, by network.
    pub(crate) subnets: BTreeMap<String, String>,
    /// Ids of machines that are prepared for another base.
    pub(crate) upgrading: BTreeSet<String>,
    /// Branches that are not committed, by name.
    pub(crate) branches: BTreeMap<String, Branch>,
    pub(crate) commits: Vec<Generation>,
    /// Why the cloud refuses its credential, if it does.
    pub(crate) invalid_credential: Option<String>,
    /// Pools that were made, by name.
    pub(crate) pools: BTreeMap<String, StoragePool>,
    /// Disabled commands, by the kind of block.
    pub(crate) blocks: BTreeMap<&'static str, Block>,
    pub(crate) next_block: u32,
    /// By number.
    pub(crate) storage: BTreeMap<u32, Storage>,
    pub(crate) next_storage: u32,
    /// Charms that were uploaded, by URL.
    pub(crate) local_charms: BTreeMap<String, Arc<Charm>>,
    /// A planted incident that is not over.
    pub(crate) incident: Option<Incident>,
    /// Resources that were uploaded, by application and name.
    pub(crate) uploads: BTreeMap<(String, String), Upload>,
    /// Resources that are to be uploaded, by the id that was given for that.
    pub(crate) pending: BTreeMap<String, (String, CharmResource)>,
    pub(crate) journal: Journal<Topic>,
    pub(crate) next_machine: u32,
    /// The next container of each kind in each machine.
    pub(crate) next_container: BTreeMap<(MachineId, String), u32>,
    pub(crate) next_relation: i64,
    next_task: u64,
    next_line: u64,
}

impl Model {
    pub(crate) fn new(uuid: String, name: &str, owner: &str, cloud: Cloud) -> Self {
        let mut journal = Journal::default();
        journal.mark_changed(Topic::Model);
        Self {
            uuid,
            name: name.to_owned(),
            owner: owner.to_owned(),
            kind: cloud.hosts(),
            cloud,
            life: Life::Alive,
            created: Utc::now(),
            users: BTreeMap::from([(owner.to_owned(), ModelAccess::Admin)]),
            connections: BTreeMap::new(),
            applications: BTreeMap::new(),
            units: BTreeMap::new(),
            beside: BTreeMap::new(),
            machines: BTreeMap::new(),
            relations: BTreeMap::new(),
            offers: BTreeMap::new(),
            remote_applications: BTreeMap::new(),
            operations: BTreeMap::new(),
            tasks: BTreeMap::new(),
            config: BTreeMap::new(),
            inherited: BTreeMap::new(),
            constraints: Constraints::default(),
            annotations: BTreeMap::new(),
            history: BTreeMap::new(),
            log: VecDeque::new(),
            secrets: BTreeMap::new(),
            spaces: vec!["alpha".to_owned()],
            subnets: BTreeMap::new(),
            upgrading: BTreeSet::new(),
            branches: BTreeMap::new(),
            commits: Vec::new(),
            invalid_credential: None,
            pools: BTreeMap::new(),
            blocks: BTreeMap::new(),
            next_block: 0,
            storage: BTreeMap::new(),
            next_storage: 0,
            local_charms: BTreeMap::new(),
            incident: None,
            uploads: BTreeMap::new(),
            pending: BTreeMap::new(),
            journal,
            next_machine: 0,
            next_container: BTreeMap::new(),
            next_relation: 0,
            next_task: 0,
            next_line: 0,
        }
    }

    /// `admin/shop`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The application of this name, or the real server's error.
    pub(crate) fn application(&self, name: &str) -> Result<&Application, RemoteError> {
        self.applications.get(name).ok_or_else(|| RemoteError::not_found(format!("application \"{name}\"")))
    }

    /// The same, to change it.
    pub(crate) fn application_mut(&mut self, name: &str) -> Result<&mut Application, RemoteError> {
        let missing = || RemoteError::not_found(format!("application \"{name}\""));
        let found = self.applications.get_mut(name).ok_or_else(missing)?;
        self.journal.mark_changed(Topic::Application(name.to_owned()));
        Ok(found)
    }

    /// The key of a unit's name.
    pub(crate) fn unit_key(name: &str) -> Option<(String, u32)> {
        let (application, number) = name.rsplit_once('/')?;
        Some((application.to_owned(), number.parse().ok()?))
    }

    /// The unit of this name, or the real server's error.
    pub(crate) fn unit(&self, name: &str) -> Result<&Unit, RemoteError> {
        let found = Self::unit_key(name).and_then(|key| self.units.get(&key));
        found.ok_or_else(|| RemoteError::not_found(format!("unit \"{name}\"")))
    }

    /// The same, to change it.
    pub(crate) fn unit_mut(&mut self, name: &str) -> Result<&mut Unit, RemoteError> {
        let missing = || RemoteError::not_found(format!("unit \"{name}\""));
        let found = Self::unit_key(name).and_then(|key| self.units.get_mut(&key)).ok_or_else(missing)?;
        self.journal.mark_changed(Topic::Unit(name.to_owned()));
        Ok(found)
    }

    /// Units of an application, in order.
    pub(crate) fn units_of<'a>(&'a self, application: &'a str) -> impl Iterator<Item = &'a Unit> {
        let range = (application.to_owned(), 0)..=(application.to_owned(), u32::MAX);
        self.units.range(range).map(|(_, unit)| unit)
    }

    /// Adds an application without units.
    pub(crate) fn add_application(&mut self, name: &str, charm: &Arc<Charm>, channel: &str) -> Result<(), RemoteError> {
        if self.applications.contains_key(name) || self.remote_applications.contains_key(name) {
            let message = format!("cannot add application \"{name}\": application already exists");
            return Err(RemoteError::new(Code::AlreadyExists, message));
        }
        let application = Application {
            name: name.to_owned(),
            charm: Arc::clone(charm),
            channel: channel.to_owned(),
            revision: charm.revision,
            exposed: false,
            exposed_endpoints: BTreeMap::new(),
            config: BTreeMap::new(),
            trust: false,
            constraints: if charm.subordinate {
                Constraints::default()
            } else {
                Constraints { arch: Some("amd64".to_owned()), ..Constraints::default() }
            },
            life: Life::Alive,
            next_unit: 0,
            scale: 0,
            bindings: BTreeMap::new(),
            created: Utc::now(),
            newest: None,
        };
        self.journal.mark_changed(Topic::Charm(charm.url(application.revision)));
        self.applications.insert(name.to_owned(), application);
        self.journal.mark_changed(Topic::Application(name.to_owned()));
        for (endpoint, side) in &charm.peers {
            self.insert_relation(vec![RelationEndpoint::new(name, "peer", endpoint, side)]);
        }
        Ok(())
    }

    /// Adds a unit on a new machine, or on a placement, and returns its name.
    ///
    /// # Errors
    /// The real server's; where the place is not there, the unit is, without a machine.
    pub(crate) fn add_unit(&mut self, application: &str, placement: Option<&Placement>) -> Result<String, RemoteError> {
        if self.application(application)?.charm.subordinate {
            let message = format!("cannot add unit to application \"{application}\": application is a subordinate");
            return Err(RemoteError::plain(message));
        }
        let name = self.insert_unit(application, None, None)?;
        let wanted = self.application(application)?.constraints.clone();
        if self.kind == Kind::Iaas {
            let machine = match placement {
                Some(placement) => self.place(placement, wanted).map_err(|error| RemoteError {
                    message: format!("acquiring machine to host unit \"{name}\": {}", error.message),
                    ..error
                })?,
                None => self.add_machine(wanted, OF_CHARMS),
            };
            self.unit_mut(&name)?.machine = Some(machine.to_string());
        }
        self.add_subordinates()?;
        Ok(name)
    }

    /// Adds a unit on a machine, beside another unit, or in a pod.
    pub(super) fn insert_unit(
        &mut self,
        application: &str,
        machine: Option<String>,
        principal: Option<String>,
    ) -> Result<String, RemoteError> {
        let cluster = self.kind == Kind::Caas;
        let number = {
            let application = self.application_mut(application)?;
            application.next_unit += 1;
            application.next_unit - 1
        };
        // in a cluster the number is that of the pod in its set, and is reused
        let free = |number: &u32| !self.units.contains_key(&(application.to_owned(), *number));
        let number = if cluster { (0..=number).find(free).unwrap_or(number) } else { number };
        let waits = if cluster || principal.is_some() { "installing agent" } else { "waiting for machine" };
        let first = self.units_of(application).next().is_none();
        let mut work: VecDeque<_> =
            ["install", "leader-elected", "config-changed", "start"].map(|hook| Work::Hook(hook.to_owned())).into();
        work.extend(self.relation_hooks(application));
        let unit = Unit {
            application: application.to_owned(),
            number,
            machine,
            agent: Status::now("allocating", ""),
            workload: Status::now("waiting", waits),
            leader: first,
            life: Life::Alive,
            work,
            due: None,
            failing: None,
            blocked: None,
            principal,
            destroys_storage: false,
        };
        let name = unit.name();
        if let Some(principal) = &unit.principal {
            self.beside.entry(principal.clone()).or_default().insert((application.to_owned(), number));
        }
        self.units.insert((application.to_owned(), number), unit);
        self.add_storage(&name, application);
        self.journal.mark_changed(Topic::Unit(name.clone()));
        Ok(name)
    }

    fn relation_hooks(&self, application: &str) -> Vec<Work> {
        let sides = self.relations.values().flat_map(|relation| &relation.endpoints);
        sides
            .filter(|side| side.application == application)
            .map(|side| Work::Hook(format!("{}-relation-created", side.name)))
            .collect()
    }

    /// Adds a relation, and has the units on both sides run its hooks.
    pub(crate) fn insert_relation(&mut self, endpoints: Vec<RelationEndpoint>) -> i64 {
        let id = self.next_relation;
        self.next_relation += 1;
        for side in &endpoints {
            let hooks = ["created", "joined", "changed"].map(|step| format!("{}-relation-{step}", side.name));
            self.queue(&side.application, &hooks);
        }
        self.relations.insert(id, Relation { id, endpoints, status: Status::now("joined", "") });
        self.journal.mark_changed(Topic::Relation(id));
        id
    }

    /// Has all units of an application run these hooks after what they have to do already.
    pub(crate) fn queue(&mut self, application: &str, hooks: &[String]) {
        let range = (application.to_owned(), 0)..=(application.to_owned(), u32::MAX);
        for (_, unit) in self.units.range_mut(range) {
            unit.work.extend(hooks.iter().cloned().map(Work::Hook));
        }
    }

    /// Takes a relation away, and has the units on both sides run its hooks; subordinates that it brought go.
    pub(crate) fn take_relation(&mut self, id: i64) -> Result<(), RemoteError> {
        let Some(relation) = self.relations.remove(&id) else { return Ok(()) };
        self.journal.mark_changed(Topic::Relation(id));
        for side in &relation.endpoints {
            let hooks = ["departed", "broken"].map(|step| format!("{}-relation-{step}", side.name));
            self.queue(&side.application, &hooks);
        }
        match relation.beside(self) {
            Some((subordinate, principal)) => self.remove_subordinates(&subordinate, &principal),
            None => Ok(()),
        }
    }

    /// Begins to remove a unit. A unit with a failed hook stays unless forced.
    pub(crate) fn remove_unit(&mut self, name: &str, force: bool) -> Result<(), RemoteError> {
        let unit = self.unit_mut(name)?;
        unit.life = Life::Dying;
        if force {
            unit.work.clear();
            unit.workload = Status::now("terminated", "");
        }
        unit.work.extend([Work::Hook("stop".to_owned()), Work::Hook("remove".to_owned()), Work::Remove]);
        let beside: Vec<_> = self.subordinates(name).map(Unit::name).collect();
        beside.iter().try_for_each(|subordinate| self.remove_unit(subordinate, force))
    }

    /// Makes the next number for an operation or a task; both count together, as in Juju.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.next_task += 1;
        self.next_task
    }

    /// Keeps a status in the history of an entity.
    pub(crate) fn remember(&mut self, tag: String, kind: &'static str, status: Status) {
        let history = self.history.entry((tag, kind)).or_default();
        history.push_back(status);
        if history.len() > HISTORY {
            history.pop_front();
        }
    }

    /// Writes a line into the log.
    pub(crate) fn write_log(&mut self, entity: String, level: &'static str, module: &str, message: String) {
        self.write_log_at(Utc::now(), entity, level, module, message);
    }

    /// Writes a line of this time into the log.
    pub(crate) fn write_log_at(
        &mut self,
        time: DateTime<Utc>,
        entity: String,
        level: &'static str,
        module: &str,
        message: String,
    ) {
        self.next_line += 1;
        let number = self.next_line;
        self.log.push_back(LogLine { number, time, entity, level, module: module.to_owned(), message });
        if self.log.len() > LOG {
            self.log.pop_front();
        }
    }
}
