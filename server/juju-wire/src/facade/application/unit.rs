//! Units: adding them, resolving their errors, and what they have written into relations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::RemoteError;
use crate::constraints::Placement;
use crate::entity::Entities;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Application.AddUnits` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddApplicationUnits {
    /// Name of the application.
    pub application: String,
    /// How many units.
    pub num_units: i64,
    /// Where to put it.
    #[serde(with = "crate::go::nil")]
    pub placement: Vec<Option<Placement>>,
    /// Policy of placing, no longer used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub policy: String,
    /// Tags of storage to attach.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub attach_storage: Vec<String>,
}

/// What `Application.AddUnits` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddApplicationUnitsResults {
    /// The units.
    #[serde(with = "crate::go::nil")]
    pub units: Vec<String>,
}

/// What `Application.ResolveUnitErrors` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitsResolved {
    /// Tags of it.
    pub tags: Entities,
    /// Whether the failed hook runs again.
    #[serde(skip_serializing_if = "is_default")]
    pub retry: bool,
    /// Whether all of them are meant.
    #[serde(skip_serializing_if = "is_default")]
    pub all: bool,
}

/// What `Application.UnitsInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitInfoResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<UnitInfoResult>,
}

/// One item of what `Application.UnitsInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitInfoResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<UnitResult>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A unit as `juju show-unit` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitResult {
    /// Tag of the entity.
    pub tag: String,
    /// Version that the workload reported.
    pub workload_version: String,
    /// Id of the machine.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// Open ports, `80/tcp`.
    pub opened_ports: Option<Vec<String>>,
    /// Address seen from outside.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub public_address: String,
    /// The charm.
    pub charm: String,
    /// Whether it is the leader.
    #[serde(skip_serializing_if = "is_default")]
    pub leader: bool,
    /// Whether it is alive, dying or dead.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub life: String,
    /// Relations with their data.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub relation_data: Vec<EndpointRelationData>,
    /// Id that the cloud gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// The address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// A relation of a unit with its data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EndpointRelationData {
    /// Number of the relation.
    pub relation_id: i64,
    /// Name of the endpoint.
    pub endpoint: String,
    /// Whether the other side is in another model.
    pub cross_model: bool,
    /// Endpoint of the other side.
    pub related_endpoint: String,
    /// Data of the other application.
    #[serde(rename = "ApplicationData", deserialize_with = "null_is_empty")]
    pub application_data: BTreeMap<String, Value>,
    /// Data of the other units, by name.
    #[serde(with = "crate::go::nil")]
    pub unit_relation_data: BTreeMap<String, RelationData>,
}

/// What a unit has written into a relation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RelationData {
    /// Whether the unit has entered the relation.
    #[serde(rename = "InScope")]
    pub in_scope: bool,
    /// Data of the unit.
    #[serde(rename = "UnitData", with = "crate::go::nil")]
    pub unit_data: BTreeMap<String, Value>,
}
