//! Changes of the estate by a script, each at a time that the script sets: for tests with a clock of their own.

use chrono::{DateTime, Utc};
use juju_wire::tag::Tag;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    relations,
    state::{Model, RelationEndpoint, RemoteApplication, State, Status, Topic},
};

/// A change; it has exactly one of the fields after `model`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// When, in minutes after the begin; the reader of the script uses it.
    pub minute: u32,
    /// Name of the model. Default: `shop`.
    pub model: Option<String>,
    /// The status of a unit.
    unit: Option<UnitChange>,
    /// The status of a machine; `agent: down` also loses the agents of its units.
    machine: Option<MachineChange>,
    /// An option of an application.
    option: Option<OptionChange>,
    /// The revision of an application's charm.
    revision: Option<RevisionChange>,
    /// The newest revision in the channel of an application.
    newer_revision: Option<RevisionChange>,
    /// The constraints of an application.
    constraints: Option<ConstraintsChange>,
    /// The status of a relation; `removed` takes it away.
    relation: Option<RelationChange>,
    /// An application loses its leader.
    no_leader: Option<String>,
    /// The first unit of an application becomes its leader.
    new_leader: Option<String>,
    /// A unit is gone.
    remove_unit: Option<String>,
    /// The status of storage.
    storage: Option<StorageChange>,
    /// The status of an application of another model.
    remote_application: Option<RemoteChange>,
    /// Lines of the log.
    log: Option<LogChange>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UnitChange {
    name: String,
    workload: Option<String>,
    agent: Option<String>,
    message: String,
    /// The hook that failed, for the workload status `error`.
    hook: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MachineChange {
    id: String,
    agent: Option<String>,
    instance: Option<String>,
    message: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionChange {
    application: String,
    name: String,
    /// `null` resets it.
    value: Value,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RevisionChange {
    application: String,
    revision: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConstraintsChange {
    application: String,
    #[serde(default)]
    cores: Option<u64>,
    /// MiB.
    #[serde(default)]
    mem: Option<u64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RelationChange {
    /// Both ends, `web:cart`, in any order.
    between: [String; 2],
    status: String,
    #[serde(default)]
    message: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct StorageChange {
    /// `pgdata/0`.
    id: String,
    status: String,
    #[serde(default)]
    message: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoteChange {
    name: String,
    status: String,
    #[serde(default)]
    message: String,
}

/// Lines of the log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogChange {
    /// A unit, `web/0`, or a machine, `3`.
    pub entity: String,
    /// `INFO`, `WARNING` or `ERROR`. Default: `ERROR`.
    #[serde(default)]
    pub level: LogLevel,
    /// The module. Default: that of the charm's own messages.
    #[serde(default)]
    pub module: Option<String>,
    /// The line.
    pub message: String,
    /// Number of lines. Default: 1.
    #[serde(default)]
    pub count: Option<u32>,
}

/// Level of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogLevel {
    /// For information.
    Info,
    /// A warning.
    Warning,
    /// An error.
    #[default]
    Error,
}

impl LogLevel {
    /// The word in the log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

impl LogChange {
    /// The entity as the log names it, `unit-web-0`.
    #[must_use]
    pub fn tag(&self) -> String {
        let kind = if self.entity.starts_with(|letter: char| letter.is_ascii_digit()) { "machine" } else { "unit" };
        Tag::new(kind, &self.entity).to_string()
    }

    /// The module.
    #[must_use]
    pub fn module(&self) -> String {
        self.module.clone().unwrap_or_else(|| format!("unit.{}.juju-log", self.entity))
    }
}

impl Change {
    /// The lines of the log, if the change writes some.
    #[must_use]
    pub fn log(&self) -> Option<&LogChange> {
        self.log.as_ref()
    }

    /// Whether a watcher reports the change.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        let unwatched = self.log.is_some()
            || self.newer_revision.is_some()
            || self.storage.is_some()
            || self.no_leader.is_some()
            || self.new_leader.is_some();
        let relation = self.relation.as_ref().is_some_and(|relation| relation.status != "removed");
        !(unwatched || relation)
    }

    /// Makes the change.
    ///
    /// # Errors
    /// One sentence, where it has no target, or not exactly one field.
    pub(crate) fn make(&self, state: &mut State, time: DateTime<Utc>) -> Result<(), String> {
        let name = self.model.as_deref().unwrap_or("shop");
        let offer = self.remote_application.as_ref().and_then(|change| OfferedSides::find(state, &change.name));
        let model = state.models.values_mut().find(|model| model.name == name || model.full_name() == name);
        let model = model.ok_or_else(|| format!("there is no model `{name}`"))?;
        let mut made = 0;
        let mut run = |result: Option<Result<(), String>>| -> Result<(), String> {
            made += usize::from(result.is_some());
            result.unwrap_or(Ok(()))
        };
        run(self.unit.as_ref().map(|change| change.make(model, time)))?;
        run(self.machine.as_ref().map(|change| change.make(model, time)))?;
        run(self.option.as_ref().map(|change| change.make(model)))?;
        run(self.revision.as_ref().map(|change| change.make(model)))?;
        run(self.newer_revision.as_ref().map(|change| change.make_newest(model)))?;
        run(self.constraints.as_ref().map(|change| change.make(model)))?;
        run(self.relation.as_ref().map(|change| change.make(model, time)))?;
        run(self.no_leader.as_ref().map(|name| set_leader(model, name, false)))?;
        run(self.new_leader.as_ref().map(|name| set_leader(model, name, true)))?;
        run(self.remove_unit.as_ref().map(|name| remove_unit(model, name)))?;
        run(self.storage.as_ref().map(|change| change.make(model, time)))?;
        run(self.remote_application.as_ref().map(|change| change.make(model, offer, time)))?;
        run(self.log.as_ref().map(|change| {
            change.make(model, time);
            Ok(())
        }))?;
        if made == 1 { Ok(()) } else { Err(format!("a change has exactly one field, not {made}: {self:?}")) }
    }
}

fn status(word: &str, message: &str, since: DateTime<Utc>) -> Status {
    Status { status: word.to_owned(), message: message.to_owned(), since }
}

impl UnitChange {
    fn make(&self, model: &mut Model, time: DateTime<Utc>) -> Result<(), String> {
        let unit = model.unit_mut(&self.name).map_err(|error| error.message)?;
        if let Some(workload) = &self.workload {
            unit.workload = status(workload, &self.message, time);
            unit.blocked = (workload == "blocked").then(|| self.message.clone());
            unit.failing = self.hook.clone().filter(|_| workload == "error");
        }
        if let Some(agent) = &self.agent {
            let message = if self.workload.is_some() { "" } else { &self.message };
            unit.agent = status(agent, message, time);
        }
        let (application, workload) = (unit.application.clone(), unit.workload.clone());
        model.remember(Tag::new("unit", &self.name).to_string(), "workload", workload);
        model.journal.mark_changed(Topic::Application(application));
        Ok(())
    }
}

impl MachineChange {
    fn make(&self, model: &mut Model, time: DateTime<Utc>) -> Result<(), String> {
        let machine = model.machine_mut(&self.id).ok_or_else(|| format!("there is no machine `{}`", self.id))?;
        if let Some(agent) = &self.agent {
            let message = if self.instance.is_some() { "" } else { &self.message };
            machine.agent = status(agent, message, time);
            machine.lost = agent == "down";
        }
        if let Some(instance) = &self.instance {
            machine.instance = status(instance, &self.message, time);
        }
        model.journal.mark_changed(Topic::Machine(self.id.clone()));
        let Some(agent) = &self.agent else { return Ok(()) };
        let on_it = model.units.values().filter(|unit| unit.machine.as_deref() == Some(&*self.id));
        let names: Vec<String> = on_it.map(crate::state::Unit::name).collect();
        for name in names {
            let unit = model.unit_mut(&name).map_err(|error| error.message)?;
            if agent == "down" {
                unit.agent = status("lost", "agent is not communicating with the server", time);
                unit.workload = status("unknown", &format!("agent lost, see 'juju show-status-log {name}'"), time);
            } else if unit.agent.status == "lost" {
                unit.agent = status("idle", "", time);
                unit.workload = status("active", "", time);
            }
        }
        Ok(())
    }
}

impl OptionChange {
    fn make(&self, model: &mut Model) -> Result<(), String> {
        let application = model.application_mut(&self.application).map_err(|error| error.message)?;
        match &self.value {
            Value::Null => drop(application.config.remove(&self.name)),
            value => drop(application.config.insert(self.name.clone(), value.clone())),
        }
        Ok(())
    }
}

impl RevisionChange {
    fn make(&self, model: &mut Model) -> Result<(), String> {
        let application = model.application_mut(&self.application).map_err(|error| error.message)?;
        application.revision = self.revision;
        let url = application.charm.url(self.revision);
        model.journal.mark_changed(Topic::Charm(url));
        Ok(())
    }

    fn make_newest(&self, model: &mut Model) -> Result<(), String> {
        let application = model.application_mut(&self.application).map_err(|error| error.message)?;
        application.newest = Some(self.revision);
        Ok(())
    }
}

impl ConstraintsChange {
    fn make(&self, model: &mut Model) -> Result<(), String> {
        let application = model.application_mut(&self.application).map_err(|error| error.message)?;
        application.constraints.cores = self.cores;
        application.constraints.mem = self.mem;
        Ok(())
    }
}

impl RelationChange {
    fn make(&self, model: &mut Model, time: DateTime<Utc>) -> Result<(), String> {
        let [first, second] = &self.between;
        let keys = [format!("{first} {second}"), format!("{second} {first}")];
        let found =
            model.relations.values().find(|relation| keys.contains(&relation.key())).map(|relation| relation.id);
        let id = match found {
            Some(id) => id,
            None if self.status == "removed" => {
                return Err(format!("there is no relation between {first} and {second}"));
            }
            None => {
                let sides = relations::pair(model, &self.between).map_err(|error| error.message)?;
                model.insert_relation(sides)
            }
        };
        let Some(relation) = model.relations.get_mut(&id) else { return Ok(()) };
        relation.status = status(&self.status, &self.message, time);
        if self.status == "removed" {
            // without hooks: a script sets the statuses of the units itself
            model.relations.remove(&id);
        }
        model.journal.mark_changed(Topic::Relation(id));
        Ok(())
    }
}

impl StorageChange {
    fn make(&self, model: &mut Model, time: DateTime<Utc>) -> Result<(), String> {
        let found = model.storage.values_mut().find(|storage| storage.id() == self.id);
        let storage = found.ok_or_else(|| format!("there is no storage `{}`", self.id))?;
        storage.status = Some((self.status.clone(), self.message.clone()));
        storage.since = time;
        Ok(())
    }
}

/// An offer of another model, with its endpoints.
struct OfferedSides {
    url: String,
    endpoints: Vec<RelationEndpoint>,
}

impl OfferedSides {
    fn find(state: &State, name: &str) -> Option<Self> {
        let model = state.models.values().find(|model| model.offers.contains_key(name))?;
        let offer = model.offers.get(name)?;
        Some(Self { url: format!("{}.{name}", model.full_name()), endpoints: offer.endpoints.clone() })
    }
}

impl RemoteChange {
    /// Changes the status; an offer of this name that the model does not consume yet is consumed first.
    fn make(&self, model: &mut Model, offer: Option<OfferedSides>, time: DateTime<Utc>) -> Result<(), String> {
        if let Some(OfferedSides { url, endpoints }) =
            offer.filter(|_| !model.remote_applications.contains_key(&self.name))
        {
            let side = |side: RelationEndpoint| RelationEndpoint { application: self.name.clone(), ..side };
            let remote = RemoteApplication {
                name: self.name.clone(),
                offer_url: url,
                endpoints: endpoints.into_iter().map(side).collect(),
                status: status("active", "", time),
            };
            model.remote_applications.insert(self.name.clone(), remote);
        }
        let found = model.remote_applications.get_mut(&self.name);
        let remote = found.ok_or_else(|| format!("there is no remote application and no offer `{}`", self.name))?;
        remote.status = status(&self.status, &self.message, time);
        model.journal.mark_changed(Topic::RemoteApplication(self.name.clone()));
        Ok(())
    }
}

impl LogChange {
    fn make(&self, model: &mut Model, time: DateTime<Utc>) {
        for _ in 0..self.count.unwrap_or(1) {
            model.write_log_at(time, self.tag(), self.level.word(), &self.module(), self.message.clone());
        }
    }
}

fn set_leader(model: &mut Model, application: &str, leads: bool) -> Result<(), String> {
    model.application(application).map_err(|error| error.message)?;
    let units = model.units.iter_mut().filter(|((name, _), _)| name == application);
    for (index, (_, unit)) in units.enumerate() {
        unit.leader = leads && index == 0;
    }
    Ok(())
}

fn remove_unit(model: &mut Model, name: &str) -> Result<(), String> {
    let key = Model::unit_key(name).filter(|key| model.units.contains_key(key));
    let key = key.ok_or_else(|| format!("there is no unit `{name}`"))?;
    model.units.remove(&key);
    model.journal.mark_changed(Topic::Unit(name.to_owned()));
    model.journal.mark_changed(Topic::Application(key.0));
    Ok(())
}
