//! Scenarios: estates to begin with, as YAML.

mod incident;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    marker::PhantomData,
};

use chrono::Utc;
use juju_wire::{RemoteError, constraints::Constraints, facade::client::application::ExposedEndpoint, tag::Tag};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

use self::incident::IncidentSection;
use crate::{
    charms::{Charm, Charms},
    facade::inherited,
    relations,
    state::{
        Access, Cloud, Controller, EVERYONE, Kind, Model, ModelAccess, OF_CHARMS, Offer, State, Status, Topic, User,
        Work, default_credential,
    },
};

/// Units of the scenario `large` unless another number is given, and the most that it takes.
const UNITS: u32 = 1_000;
const MOST_UNITS: u32 = 10_000;
const UNITS_OF_AN_APPLICATION: u32 = 50;

/// Names of the shipped scenarios.
pub const SCENARIOS: [&str; 8] =
    ["shop", "outage", "outage-configuration", "outage-infrastructure", "regions", "kubernetes", "large", "empty"];

const SHOP: &str = include_str!("scenario/shop.yaml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// Charms beside, or in place of, those of the store.
    #[serde(default)]
    charms: BTreeMap<String, Charm>,
    #[serde(default)]
    cloud: Option<Cloud>,
    /// Further clouds that models may be on.
    #[serde(default)]
    clouds: Vec<Cloud>,
    /// In place of `admin`, `operator` and `reader`.
    #[serde(default)]
    users: BTreeMap<String, UserSection>,
    /// In the order of the text, which is that of their UUIDs.
    #[serde(deserialize_with = "in_order")]
    models: Vec<(String, ModelSection)>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct UserSection {
    password: String,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    superuser: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ModelSection {
    /// In the order of the text, which is that of the machines.
    #[serde(deserialize_with = "in_order")]
    applications: Vec<(String, ApplicationSection)>,
    relations: Vec<[String; 2]>,
    offers: BTreeMap<String, OfferSection>,
    /// Name of its cloud, where that is not the controller's own.
    cloud: Option<String>,
    /// Users who may read it.
    readers: Option<Vec<String>>,
    /// Spaces of its subnets, by network.
    subnets: BTreeMap<String, String>,
    /// Settings that differ from the defaults.
    config: BTreeMap<String, Value>,
    /// A fault with its history, which began before the start.
    incident: Option<IncidentSection>,
}

fn in_order<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<(String, T)>, D::Error> {
    struct Entries<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
        type Value = Vec<(String, T)>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("entries by name")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = map.next_entry()? {
                entries.push(entry);
            }
            Ok(entries)
        }
    }
    deserializer.deserialize_map(Entries(PhantomData))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ApplicationSection {
    charm: Option<String>,
    channel: Option<String>,
    units: u32,
    exposed: bool,
    /// Where it is another than the charm's own.
    revision: Option<i64>,
    /// Status and message of each unit, in place of `active`; for a failed hook `error` and the hook.
    statuses: Vec<[String; 2]>,
}

/// An offered endpoint; in short, only `APPLICATION:ENDPOINT`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OfferSection {
    Short(String),
    Long {
        endpoint: String,
        description: String,
        /// Users who may read it.
        readers: Vec<String>,
    },
}

/// Why a scenario cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// There is no such scenario and no such file.
    #[error("there is no scenario `{name}`: {cause}; shipped are: {}", SCENARIOS.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Why it could not be read as a file.
        cause: std::io::Error,
    },
    /// The text is no scenario.
    #[error("the scenario `{name}` cannot be read: {cause}")]
    Unreadable {
        /// Its name.
        name: String,
        /// Where it does not fit.
        cause: serde_yaml::Error,
    },
    /// It names something that there is not.
    #[error("the scenario `{name}` does not fit together: {cause}")]
    Unfit {
        /// Its name.
        name: String,
        /// What does not.
        cause: String,
    },
}

/// Builds the state of a shipped scenario or of a YAML file.
///
/// # Errors
/// [`ScenarioError`].
pub(crate) fn load(name: &str, units: Option<u32>) -> Result<State, ScenarioError> {
    let unreadable = |cause| ScenarioError::Unreadable { name: name.to_owned(), cause };
    let unfit = |cause: String| ScenarioError::Unfit { name: name.to_owned(), cause };
    let units = units.unwrap_or(UNITS);
    if units > MOST_UNITS {
        return Err(unfit(format!("{units} units are asked for, {MOST_UNITS} are the most")));
    }
    let scenario: Scenario = match name {
        "shop" => serde_yaml::from_str(SHOP),
        "outage" => outage(include_str!("scenario/outage.yaml")),
        "outage-configuration" => outage(include_str!("scenario/outage-configuration.yaml")),
        "outage-infrastructure" => outage(include_str!("scenario/outage-infrastructure.yaml")),
        "regions" => serde_yaml::from_str(include_str!("scenario/regions.yaml")),
        "kubernetes" => serde_yaml::from_str(include_str!("scenario/kubernetes.yaml")),
        "empty" => serde_yaml::from_str(include_str!("scenario/empty.yaml")),
        "large" => Ok(large(units)),
        file => {
            let text = std::fs::read_to_string(file);
            serde_yaml::from_str(&text.map_err(|cause| ScenarioError::Unknown { name: name.to_owned(), cause })?)
        }
    }
    .map_err(unreadable)?;
    let charms = Charms::builtin().map_err(unreadable)?.with(scenario.charms);
    let defaults: BTreeMap<_, _> = scenario
        .cloud
        .iter()
        .chain(&scenario.clouds)
        .map(|cloud| ((cloud.name.clone(), String::new()), cloud.defaults.clone()))
        .collect();
    let mut state = bare(scenario.cloud.unwrap_or_else(own_cloud), charms.clone());
    state.controller.model_defaults = defaults;
    state.controller.clouds = scenario.clouds;
    if !scenario.users.is_empty() {
        state.users = scenario.users.into_iter().map(|(name, section)| (name, user(section))).collect();
    }
    for (number, (model, section)) in scenario.models.into_iter().enumerate() {
        let uuid = uuid(number + 1);
        let readers = section.readers.clone();
        let cloud = section.cloud.as_deref().unwrap_or(&state.controller.cloud.name);
        let found = state.controller.all_clouds().find(|known| known.name == cloud).cloned();
        let cloud = found.ok_or_else(|| unfit(format!("model `{model}` is on no cloud of it: {cloud}")))?;
        let built = build(Model::new(uuid.clone(), &model, "admin", cloud), &section, &charms);
        let mut built = built.map_err(|error| unfit(format!("in model `{model}`, {error}")))?;
        built.inherited = inherited(&state, &built.cloud);
        built.config = section.config;
        if let Some(incident) = section.incident {
            incident::apply(&mut built, incident).map_err(unfit)?;
        }
        match readers {
            Some(readers) => built.users.extend(readers.into_iter().map(|reader| (reader, ModelAccess::Read))),
            None => built
                .users
                .extend([("operator".to_owned(), ModelAccess::Write), ("reader".to_owned(), ModelAccess::Read)]),
        }
        state.models.insert(uuid, built);
    }
    Ok(state)
}

/// The shop with an incident.
fn outage(incident: &str) -> Result<Scenario, serde_yaml::Error> {
    let mut scenario: Scenario = serde_yaml::from_str(SHOP)?;
    let incident: IncidentSection = serde_yaml::from_str(incident)?;
    for (_, model) in &mut scenario.models {
        model.incident = Some(incident.clone());
    }
    Ok(scenario)
}

fn large(units: u32) -> Scenario {
    let whole = units / UNITS_OF_AN_APPLICATION;
    let sizes = (0..whole)
        .map(|_| UNITS_OF_AN_APPLICATION)
        .chain(Some(units % UNITS_OF_AN_APPLICATION).filter(|rest| *rest > 0));
    let section =
        |units| ApplicationSection { charm: Some("ubuntu".to_owned()), units, ..ApplicationSection::default() };
    let applications = sizes.enumerate().map(|(number, units)| (format!("app{number:03}"), section(units))).collect();
    let model = ModelSection { applications, ..ModelSection::default() };
    let models = vec![("large".to_owned(), model)];
    Scenario { charms: BTreeMap::new(), cloud: None, clouds: Vec::new(), users: BTreeMap::new(), models }
}

fn user(section: UserSection) -> User {
    User {
        display_name: section.display_name,
        password: section.password,
        access: if section.superuser { Access::Superuser } else { Access::Login },
        enabled: true,
        created: Utc::now(),
        created_by: "admin".to_owned(),
        last_connection: None,
    }
}

/// UUIDs of scenarios are fixed, so that two runs can be held side by side.
fn uuid(number: usize) -> String {
    format!("5ca1ab1e-0000-4000-8000-{number:012x}")
}

fn own_cloud() -> Cloud {
    Cloud {
        name: "sim".to_owned(),
        kind: "maas".to_owned(),
        region: "default".to_owned(),
        credential: default_credential(),
        ..Cloud::default()
    }
}

/// A controller with its users, its own model, and nothing else.
fn bare(cloud: Cloud, charms: Charms) -> State {
    let user = |display_name: &str, access| User {
        display_name: display_name.to_owned(),
        password: format!("{display_name}-password"),
        access,
        enabled: true,
        created: Utc::now(),
        created_by: "admin".to_owned(),
        last_connection: None,
    };
    let mut own = Model::new(uuid(0), "controller", "admin", cloud.clone());
    own.add_machine(Constraints { arch: Some("amd64".to_owned()), ..Constraints::default() }, OF_CHARMS);
    settle(&mut own);
    State {
        controller: Controller {
            uuid: "5ca1ab1e-c0de-4000-8000-000000000000".to_owned(),
            name: "simulated".to_owned(),
            agent_version: "3.6.11".to_owned(),
            cloud,
            clouds: Vec::new(),
            config: BTreeMap::new(),
            model_defaults: BTreeMap::new(),
            secret_backends: BTreeMap::new(),
            migrations: BTreeSet::new(),
        },
        users: BTreeMap::from([
            ("admin".to_owned(), user("admin", Access::Superuser)),
            ("operator".to_owned(), user("operator", Access::Login)),
            ("reader".to_owned(), user("reader", Access::Login)),
        ]),
        models: BTreeMap::from([(own.uuid.clone(), own)]),
        charms,
    }
}

fn build(mut model: Model, section: &ModelSection, charms: &Charms) -> Result<Model, RemoteError> {
    model.subnets.clone_from(&section.subnets);
    for (name, application) in &section.applications {
        let charm = application.charm.as_deref().unwrap_or(name);
        let charm = charms.get(charm).ok_or_else(|| RemoteError::not_found(format!("charm \"{charm}\"")))?;
        let channel =
            application.channel.as_deref().or(charm.channels.first().map(String::as_str)).unwrap_or("latest/stable");
        model.add_application(name, charm, channel)?;
        if let Some(revision) = application.revision {
            model.application_mut(name)?.revision = revision;
            model.journal.mark_changed(Topic::Charm(charm.url(revision)));
        }
        if application.exposed {
            let everywhere =
                ExposedEndpoint { expose_to_cidrs: vec!["0.0.0.0/0".to_owned()], ..ExposedEndpoint::default() };
            let exposed = model.application_mut(name)?;
            exposed.exposed = true;
            exposed.exposed_endpoints.insert(String::new(), everywhere);
        }
        for _ in 0..application.units {
            model.add_unit(name, None)?;
        }
        if model.kind == Kind::Caas {
            model.application_mut(name)?.scale = application.units;
        }
    }
    for endpoints in &section.relations {
        relations::add(&mut model, endpoints)?;
    }
    for (name, offered) in &section.offers {
        let offer = offer(&model, name, offered)?;
        model.offers.insert(name.clone(), offer);
        model.journal.mark_changed(Topic::Offer(name.clone()));
    }
    settle(&mut model);
    for (name, application) in &section.applications {
        for (number, [status, message]) in (0..).zip(&application.statuses) {
            let Some(unit) = model.units.get_mut(&(name.clone(), number)) else { continue };
            let message = if status == "error" {
                unit.failing = Some(message.clone());
                unit.work.push_front(Work::Hook(message.clone()));
                format!("hook failed: \"{message}\"")
            } else {
                message.clone()
            };
            unit.workload = Status { message, status: status.clone(), since: unit.workload.since };
        }
    }
    Ok(model)
}

fn offer(model: &Model, name: &str, offered: &OfferSection) -> Result<Offer, RemoteError> {
    let (OfferSection::Short(endpoint) | OfferSection::Long { endpoint, .. }) = offered;
    let (application, endpoint) = endpoint.split_once(':').unwrap_or((endpoint, ""));
    let sides = relations::endpoints(model, application)?;
    let (description, readers) = match offered {
        OfferSection::Short(_) => {
            (model.application(application)?.charm.description().to_owned(), vec![EVERYONE.to_owned()])
        }
        OfferSection::Long { description, readers, .. } => (description.clone(), readers.clone()),
    };
    Ok(Offer {
        name: name.to_owned(),
        uuid: uuid::Uuid::new_v4().to_string(),
        application: application.to_owned(),
        description,
        endpoints: sides.into_iter().filter(|side| side.name == endpoint).collect(),
        users: readers.into_iter().map(|name| (name, "read".to_owned())).collect(),
    })
}

/// A scenario begins when all its work was done, an hour ago.
fn settle(model: &mut Model) {
    let begun = Utc::now() - chrono::TimeDelta::hours(1);
    let status = |status: &str, message: &str| Status { since: begun, ..Status::now(status, message) };
    for machine in model.machines.values_mut() {
        machine.agent = status("started", "");
        machine.instance = status("running", "running");
    }
    for unit in model.units.values_mut() {
        unit.work.clear();
        unit.agent = status("idle", "");
        unit.workload = status("active", "");
    }
    for relation in model.relations.values_mut() {
        relation.status = status("joined", "");
    }
    let machines: Vec<_> =
        model.machines.values().map(|machine| Tag::new("machine", &machine.id).to_string()).collect();
    for tag in machines {
        model.remember(tag.clone(), "machine", status("running", "running"));
        model.remember(tag, "juju-machine", status("started", ""));
    }
    let units: Vec<_> = model
        .units
        .values()
        .map(|unit| (format!("unit-{}-{}", unit.application, unit.number), unit.workload.clone(), unit.agent.clone()))
        .collect();
    for (tag, workload, agent) in units {
        model.remember(tag.clone(), "workload", workload);
        model.remember(tag, "juju-unit", agent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_fits_together() {
        for (name, models, units) in
            [("shop", 2, 10), ("regions", 4, 37), ("kubernetes", 3, 10), ("empty", 1, 0), ("large", 2, 1_000)]
        {
            let state = load(name, None).expect(name);
            let found: usize = state.models.values().map(|model| model.units.len()).sum();
            assert_eq!((state.models.len(), found), (models, units), "{name}");
        }
        let state = load("large", Some(120)).expect("large");
        assert_eq!(state.models.values().map(|model| model.units.len()).sum::<usize>(), 120);
        assert!(matches!(load("nothing", None), Err(ScenarioError::Unknown { .. })));
        assert!(matches!(load("large", Some(20_000)), Err(ScenarioError::Unfit { .. })));
    }
}
