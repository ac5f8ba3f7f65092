//! What an application or a unit is.

use juju_wire::{
    RemoteError,
    bulk::StringResult,
    entity::{Entities, Entity},
    facade::application::{
        ApplicationsInfo, CharmRelations, Leader, UnitsInfo,
        info::{ApplicationInfoResult, ApplicationInfoResults, ApplicationResult},
        origin::{ApplicationCharmRelations, ApplicationCharmRelationsResults},
        unit::{EndpointRelationData, RelationData, UnitInfoResult, UnitInfoResults, UnitResult},
    },
    tag::Tag,
};

use crate::{
    call::Call,
    facade::{
        cluster,
        network::{opened_ports, unit_address},
        status::{base, bindings},
    },
    methods::Methods,
    state::{Application, Kind, Model, Unit},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ApplicationsInfo>(applications);
    methods.on::<UnitsInfo>(units);
    methods.on::<Leader>(leader);
    methods.on::<CharmRelations>(charm_relations);
}

fn applications(call: &Call, params: Entities) -> Result<ApplicationInfoResults, RemoteError> {
    let one = |entity: &Entity| {
        let name = Tag::parse_id("application", &entity.tag)?;
        call.read_model(|model| Ok(application(model.application(&name)?)))
    };
    let results = params.entities.iter().map(|entity| match one(entity) {
        Ok(result) => ApplicationInfoResult { result: Some(result), error: None },
        Err(error) => ApplicationInfoResult { result: None, error: Some(error) },
    });
    Ok(ApplicationInfoResults { results: results.collect() })
}

fn application(application: &Application) -> ApplicationResult {
    let charm = &application.charm;
    ApplicationResult {
        tag: Tag::new("application", &application.name).to_string(),
        charm: charm.name.clone(),
        base: base(),
        channel: application.channel.clone(),
        constraints: application.constraints.clone(),
        principal: !charm.subordinate,
        exposed: application.exposed,
        remote: false,
        life: application.life.as_str().to_owned(),
        endpoint_bindings: bindings(application),
        exposed_endpoints: application.exposed_endpoints.clone(),
    }
}

fn units(call: &Call, params: Entities) -> Result<UnitInfoResults, RemoteError> {
    let one = |entity: &Entity| {
        let neither = || RemoteError::plain(format!("tag \"{}\" is neither unit nor application tag", entity.tag));
        let tag = Tag::parse(&entity.tag).ok().filter(|tag| ["unit", "application"].contains(&tag.kind()));
        let tag = tag.ok_or_else(neither)?;
        call.read_model(|model| match tag.kind() {
            "application" => {
                model.application(tag.id())?;
                Ok(model.units_of(tag.id()).map(|found| unit(model, found)).collect::<Vec<_>>())
            }
            _ => Ok(vec![unit(model, model.unit(tag.id())?)]),
        })
    };
    let results = params.entities.iter().flat_map(|entity| match one(entity) {
        Ok(found) => found.into_iter().map(|result| UnitInfoResult { result: Some(result), error: None }).collect(),
        Err(error) => vec![UnitInfoResult { result: None, error: Some(error) }],
    });
    Ok(UnitInfoResults { results: results.collect() })
}

fn unit(model: &Model, unit: &Unit) -> UnitResult {
    let application = model.applications.get(&unit.application);
    let relations = model.relations.values().filter(|relation| relation.has(&unit.application));
    let data = relations.filter_map(|relation| {
        let ours = relation.endpoints.iter().find(|side| side.application == unit.application)?;
        let theirs = relation.endpoints.iter().find(|side| side.application != unit.application).unwrap_or(ours);
        let others = model.units_of(&theirs.application);
        let settings = |other: &Unit| match model.applications.get(&other.application) {
            Some(application) if model.kind == Kind::Caas => cluster::service_address(application),
            _ => unit_address(model, other),
        };
        let scope = |other: &Unit| RelationData { in_scope: true, unit_data: unit_data(&settings(other)) };
        Some(EndpointRelationData {
            relation_id: relation.id,
            endpoint: ours.name.clone(),
            related_endpoint: theirs.name.clone(),
            unit_relation_data: others.map(|other| (other.name(), scope(other))).collect(),
            ..EndpointRelationData::default()
        })
    });
    let cluster = model.kind == Kind::Caas;
    UnitResult {
        tag: Tag::new("unit", unit.name()).to_string(),
        workload_version: application.map(|application| application.charm.version.clone()).unwrap_or_default(),
        machine: unit.machine.clone().unwrap_or_default(),
        public_address: unit_address(model, unit),
        opened_ports: opened_ports(model, unit),
        charm: application.map(|application| application.charm.url(application.revision)).unwrap_or_default(),
        leader: unit.leader,
        life: unit.life.as_str().to_owned(),
        relation_data: data.collect(),
        provider_id: if cluster { cluster::pod(unit) } else { String::new() },
        address: if cluster { cluster::pod_address(unit) } else { String::new() },
    }
}

/// The settings that every unit publishes in every relation.
fn unit_data(address: &str) -> std::collections::BTreeMap<String, serde_json::Value> {
    let settings = [
        ("egress-subnets", format!("{address}/32")),
        ("ingress-address", address.to_owned()),
        ("private-address", address.to_owned()),
    ];
    settings.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn leader(call: &Call, entity: Entity) -> Result<StringResult, RemoteError> {
    let name = Tag::parse_id("application", &entity.tag)?;
    call.read_model(|model| {
        let leader = model.units_of(&name).find(|unit| unit.leader).map(Unit::name);
        let missing = || RemoteError::not_found(format!("leader for application-{name}"));
        let error = leader.is_none().then(missing);
        Ok(StringResult { result: leader.unwrap_or_default(), error })
    })
}

fn charm_relations(
    call: &Call,
    params: ApplicationCharmRelations,
) -> Result<ApplicationCharmRelationsResults, RemoteError> {
    call.read_model(|model| {
        let sides = crate::relations::endpoints(model, &params.application)?;
        let mut charm_relations: Vec<_> = sides.into_iter().map(|side| side.name).collect();
        charm_relations.sort();
        Ok(ApplicationCharmRelationsResults { charm_relations })
    })
}
