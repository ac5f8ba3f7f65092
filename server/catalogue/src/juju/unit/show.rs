//! `juju show-unit`: units in detail, with the data of their relations.

use std::{collections::BTreeMap, sync::Arc};

use juju_wire::{
    entity::Entities,
    facade::application::{
        UnitsInfo,
        unit::{EndpointRelationData, RelationData, UnitResult},
    },
    tag::Tag,
};
use policy::{Effect, Permit, TargetEntity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    Command, Failure, ResolvedTarget, Scope, entity,
    juju::render::{Item, bulk_items, bulk_result, id, is_default},
    target,
};

/// The tool `juju_show_unit`.
pub struct ShowUnit;

/// Which units, and how much of their relations.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Args {
    units: Vec<String>,
    /// only its relations
    endpoint: Option<String>,
    /// only its data
    related_unit: Option<String>,
    /// only data of applications
    #[serde(default)]
    app: bool,
}

/// One unit in detail.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unit {
    #[serde(skip_serializing_if = "String::is_empty")]
    workload_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    machine: String,
    opened_ports: Option<Vec<String>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    public_address: String,
    charm: String,
    leader: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    life: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relation_info: Vec<Relation>,
    #[serde(skip_serializing_if = "String::is_empty")]
    provider_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    address: String,
}

/// One relation as a unit sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Relation {
    relation_id: i64,
    endpoint: String,
    #[serde(skip_serializing_if = "is_default")]
    cross_model: bool,
    related_endpoint: String,
    application_data: BTreeMap<String, Value>,
    local_unit: Value,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    related_units: BTreeMap<String, Value>,
}

impl Command for ShowUnit {
    type Args = Args;
    type Output = BTreeMap<String, Item<Unit>>;

    const COMMAND: &'static str = "show-unit";
    const TOOLSET: &'static str = "status";
    const DESCRIPTION: &'static str = "Shows units: machine, ports, leadership, and their relation data.";
    const SCOPE: Scope = Scope::Model;
    const MAX_EFFECT: Effect = Effect::Sensitive;
    const IDEMPOTENT: bool = true;
    const IN_DEFAULT_LIST: bool = true;
    const POSITIONAL: &'static [&'static str] = &["units"];

    fn validate(args: &Args) -> Result<(), String> {
        entity::check_units(&args.units)
    }

    fn target_entities(args: &Args) -> Vec<TargetEntity> {
        target::units(&args.units).chain(args.related_unit.as_deref().map(target::unit)).collect()
    }

    async fn run(_: Permit, args: Args, target: Arc<ResolvedTarget>) -> Result<Self::Output, Failure> {
        let connection = target.model_connection().await?;
        let tags: Entities = args.units.iter().map(|name| Tag::new("unit", name)).collect();
        let reply = connection.call::<UnitsInfo>(tags).await?;
        bulk_items(reply.results.into_iter().zip(&args.units).map(|(item, name)| {
            let found = bulk_result(item.result, item.error, name).map(|wire| unit(wire, &args));
            (name.clone(), found)
        }))
    }
}

fn unit(wire: UnitResult, args: &Args) -> Unit {
    let name = id(&wire.tag);
    let relations = wire.relation_data.iter().filter_map(|one| relation(one, &name, args)).collect();
    Unit {
        workload_version: wire.workload_version,
        machine: wire.machine,
        // the client takes the list apart and has none where it is empty
        opened_ports: wire.opened_ports.filter(|ports| !ports.is_empty()),
        public_address: wire.public_address,
        charm: wire.charm,
        leader: wire.leader,
        life: wire.life,
        relation_info: relations,
        provider_id: wire.provider_id,
        address: wire.address,
    }
}

fn data(wire: &RelationData) -> Value {
    json!({"in-scope": wire.in_scope, "data": wire.unit_data})
}

/// The relation data that the arguments select; `None` if empty.
fn relation(wire: &EndpointRelationData, unit: &str, args: &Args) -> Option<Relation> {
    let named = args.endpoint.as_ref() == Some(&wire.endpoint);
    if args.endpoint.is_some() && !named {
        return None;
    }
    let wanted = |name: &String| !args.app && args.related_unit.as_ref().is_none_or(|wanted| wanted == name);
    let own = wire.unit_relation_data.get_key_value(unit).filter(|(name, _)| wanted(name)).map(|(_, one)| one);
    let others = wire.unit_relation_data.iter().filter(|(name, _)| name.as_str() != unit && wanted(name));
    let relation = Relation {
        relation_id: wire.relation_id,
        endpoint: wire.endpoint.clone(),
        cross_model: wire.cross_model,
        related_endpoint: wire.related_endpoint.clone(),
        application_data: wire.application_data.clone(),
        local_unit: own.map_or_else(|| json!({"in-scope": false, "data": null}), data),
        related_units: others.map(|(name, one)| (name.clone(), data(one))).collect(),
    };
    let has_own = own.is_some_and(|one| !one.unit_data.is_empty());
    let something = !relation.application_data.is_empty() || !relation.related_units.is_empty() || has_own;
    (args.app || named || something).then_some(relation)
}
