//! Units: adding them, resolving their errors, and what they have written into relations.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    pub application: String,
    pub num_units: i64,
    #[serde(with = "crate::go::nil")]
    pub placement: Vec<Option<Placement>>,
    /// Policy of placing, no longer used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub policy: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub attach_storage: Vec<String>,
}

/// What `Application.AddUnits` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddApplicationUnitsResults {
    #[serde(with = "crate::go::nil")]
    pub units: Vec<String>,
}

/// What `Application.ResolveUnitErrors` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitsResolved {
    pub tags: Entities,
    /// Whether the failed hook runs again.
    #[serde(skip_serializing_if = "is_default")]
    pub retry: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub all: bool,
}

/// What `Application.UnitsInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<UnitInfoResult>,
}

/// One item of what `Application.UnitsInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitInfoResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<UnitResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A unit as `juju show-unit` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitResult {
    pub tag: String,
    pub workload_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub machine: String,
    /// Open ports, `80/tcp`.
    pub opened_ports: Option<Vec<String>>,
    /// Address seen from outside.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub public_address: String,
    pub charm: String,
    #[serde(skip_serializing_if = "is_default")]
    pub leader: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub life: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub relation_data: Vec<EndpointRelationData>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// A relation of a unit with its data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EndpointRelationData {
    pub relation_id: i64,
    pub endpoint: String,
    /// Whether the other side is in another model.
    pub cross_model: bool,
    pub related_endpoint: String,
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
    #[serde(rename = "InScope")]
    pub in_scope: bool,
    #[serde(rename = "UnitData", with = "crate::go::nil")]
    pub unit_data: BTreeMap<String, Value>,
}
