//! `juju resources`: resources of an application or a unit.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    entity::Entities,
    facade::resources::{ListResources, Resource, ResourcesResult, UnitResources},
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Stored, hexadecimal};
use crate::{
    Command, Concise, Failure, Filter, ResolvedTarget, Scope, Table, entity,
    juju::render::{bulk_single, id},
    target,
};

/// The tool `juju_resources`.
pub struct Resources;

/// Which resources.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    /// application or unit
    name: String,
    /// what each unit has of them
    #[serde(default)]
    details: bool,
}

/// Resources as the client prints them.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Output {
    /// Of an application.
    Application(OfApplication<Used>),
    /// What each unit of an application has.
    Details(OfApplication<Detail>),
    /// Of a unit.
    Unit(Vec<Used>),
    /// Of a unit, beside those of its application.
    UnitDetails(Vec<Detail>),
}

/// Resources of an application and newer ones of the store.
#[derive(Debug, Serialize)]
pub struct OfApplication<T> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    resources: Vec<T>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    updates: Vec<Stored>,
}

/// A resource that is used.
#[derive(Debug, Serialize)]
pub struct Used {
    #[serde(rename = "resourceid", skip_serializing_if = "String::is_empty")]
    id: String,
    #[serde(rename = "applicationId", skip_serializing_if = "String::is_empty")]
    application: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    path: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    revision: String,
    fingerprint: String,
    size: i64,
    origin: String,
    used: bool,
    #[serde(serialize_with = "juju_wire::go::time::serialize")]
    timestamp: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    username: String,
}

/// What a unit has of a resource, and what it should have.
#[derive(Debug, Serialize)]
pub struct Detail {
    #[serde(rename = "unitID")]
    unit_id: String,
    unit: Used,
    expected: Used,
    #[serde(skip_serializing_if = "crate::juju::render::is_default")]
    progress: i64,
}

impl Command for Resources {
    type Args = Args;
    type Output = Output;

    const COMMAND: &'static str = "resources";
    const ALIASES: &'static [&'static str] = &["list-resources"];
    const TOOLSET: &'static str = "deploy";
    const DESCRIPTION: &'static str = "Lists resources of an application or unit and newer ones of the store.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Read;
    const IDEMPOTENT: bool = true;
    const POSITIONAL: &'static [&'static str] = &["name"];
    const ROWS_PATH: Option<&'static str> = Some("resources");

    fn validate(args: &Args) -> Result<(), String> {
        if args.name.contains('/') && !entity::is_unit(&args.name) {
            return Err(format!("`name` has to be like `web` or `web/0`, not: {}", args.name));
        }
        Ok(())
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        let name = &args.name;
        vec![if name.contains('/') { target::unit(name) } else { target::application(name) }]
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Output, Failure> {
        let connection = target.model_connection().await?;
        let (application, unit) = match args.name.split_once('/') {
            Some((application, _)) => (application, Some(args.name.as_str())),
            None => (args.name.as_str(), None),
        };
        let tags: Entities = [Tag::new("application", application)].into_iter().collect();
        let reply = connection.call::<ListResources>(tags).await?;
        let mut found = bulk_single(reply.results, |item| item.error.take())?;
        found.resources.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(match (unit, args.details) {
            (None, false) => {
                let updates = updates(&found);
                let resources = found.resources.into_iter().map(Used::of).collect();
                Output::Application(OfApplication { resources, updates })
            }
            (None, true) => {
                Output::Details(OfApplication { resources: details(&found, None), updates: updates(&found) })
            }
            (Some(unit), true) => Output::UnitDetails(details(&found, Some(unit))),
            (Some(unit), false) => Output::Unit(of_unit(found, unit)),
        })
    }

    fn concise(answer: &mut Output, filter: &Filter) -> Option<Concise> {
        let empty = "no resource, or none matches";
        let (rows, updates): (Vec<_>, &mut Vec<Stored>) = match answer {
            Output::Application(all) => (used_rows(&mut all.resources, filter), &mut all.updates),
            Output::Details(all) => (detail_rows(&mut all.resources, filter), &mut all.updates),
            Output::Unit(all) => (used_rows(all, filter), &mut Vec::new()),
            Output::UnitDetails(all) => (detail_rows(all, filter), &mut Vec::new()),
        };
        updates.retain(|one| filter.selects(&one.name, one));
        let heading = ["Resource", "Unit", "Type", "Revision", "Size", "Origin", "Used"];
        let concise = Concise::table(Table::new("resources", &heading, rows), empty);
        Some(concise.and(Table::new("updates", &super::HEADING, updates.iter().map(Stored::row).collect())))
    }
}

impl Used {
    fn of(wire: Resource) -> Self {
        Self {
            fingerprint: hexadecimal(&wire.fingerprint),
            // 0 is a revision too
            revision: if wire.revision < 0 { "-".to_owned() } else { wire.revision.to_string() },
            used: !wire.timestamp.is_empty(),
            id: wire.id,
            application: wire.application,
            name: wire.name,
            kind: wire.kind,
            path: wire.path,
            description: wire.description,
            size: wire.size,
            origin: wire.origin,
            timestamp: wire.timestamp,
            username: wire.username,
        }
    }

    /// The resource for a reader; `name` is that of the application's resource, which a unit may lack.
    fn row(&self, name: &str, unit: &str) -> Vec<String> {
        let Self { kind, revision, size, origin, used, .. } = self;
        let used = if *used { "yes" } else { "no" };
        [name, unit, kind, revision, &size.to_string(), origin, used].map(str::to_owned).to_vec()
    }
}

fn used_rows(all: &mut Vec<Used>, filter: &Filter) -> Vec<Vec<String>> {
    all.retain(|one| filter.selects(&one.name, one));
    all.iter().map(|one| one.row(&one.name, "")).collect()
}

fn detail_rows(all: &mut Vec<Detail>, filter: &Filter) -> Vec<Vec<String>> {
    all.retain(|one| filter.selects(&one.unit_id, one));
    all.iter().map(|one| one.unit.row(&one.expected.name, &one.unit_id)).collect()
}

/// The resources of the store that differ from those that the application uses.
fn updates(found: &ResourcesResult) -> Vec<Stored> {
    let stored = found.charm_store_resources.iter().flatten();
    let by_name: BTreeMap<_, _> = stored.map(|one| (one.name.as_str(), one)).collect();
    let from_store = found.resources.iter().filter(|one| one.origin == "store");
    let newer =
        from_store.filter_map(|one| by_name.get(one.name.as_str()).filter(|stored| stored.revision != one.revision));
    newer.map(|stored| Stored::of((*stored).clone())).collect()
}

/// The resources of the application, and where the unit has one already, those of the unit.
fn of_unit(found: ResourcesResult, unit: &str) -> Vec<Used> {
    let own = found.unit_resources.into_iter().find(|one| id(&one.tag) == unit);
    let own: Vec<_> = own.map(|one| one.resources).unwrap_or_default();
    let resource = |one: Resource| match own.iter().find(|has| has.id == one.id) {
        Some(has) => Used::of(has.clone()),
        None => Used::of(Resource { revision: -1, ..one }),
    };
    found.resources.into_iter().map(resource).collect()
}

fn details(found: &ResourcesResult, unit: Option<&str>) -> Vec<Detail> {
    let units = found.unit_resources.iter().filter(|one| unit.is_none_or(|unit| id(&one.tag) == unit));
    let of_unit = |one: &UnitResources| -> Vec<Detail> {
        let detail = |expected: &Resource| {
            let has = one.resources.iter().find(|has| has.name == expected.name).cloned().unwrap_or_default();
            Detail {
                unit_id: id(&one.tag),
                unit: Used::of(has),
                expected: Used::of(expected.clone()),
                progress: one.download_progress.get(&expected.name).copied().unwrap_or(-1),
            }
        };
        found.resources.iter().map(detail).collect()
    };
    units.flat_map(of_unit).collect()
}
