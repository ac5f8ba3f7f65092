//! What deltas say of applications, units, relations, offers and charms.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::constraints::Constraints;
use crate::delta::model::StatusInfo;
use crate::entity::Life;
use crate::facade::application::origin::CharmRelation;
use crate::method::null_is_empty;

/// An application in a delta; its status is raw, not derived from its units.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationInfo {
    pub model_uuid: String,
    pub name: String,
    /// Whether it may be reached from outside.
    pub exposed: bool,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    pub owner_tag: String,
    pub life: Life,
    /// How many units there should be at least.
    pub min_units: i64,
    pub constraints: Constraints,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    pub subordinate: bool,
    pub status: StatusInfo,
    pub workload_version: String,
}

/// A unit in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitInfo {
    pub model_uuid: String,
    pub name: String,
    pub application: String,
    pub base: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    pub life: Life,
    /// Address seen from outside.
    pub public_address: String,
    pub private_address: String,
    pub machine_id: String,
    #[serde(with = "crate::go::nil")]
    pub ports: Vec<Port>,
    #[serde(with = "crate::go::nil")]
    pub port_ranges: Vec<PortRange>,
    pub principal: String,
    pub subordinate: bool,
    pub workload_status: StatusInfo,
    pub agent_status: StatusInfo,
}

/// A port.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Port {
    /// `tcp`, `udp`, `icmp`.
    pub protocol: String,
    pub number: i64,
}

/// A range of ports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct PortRange {
    pub from_port: i64,
    pub to_port: i64,
    /// `tcp`, `udp`, `icmp`.
    pub protocol: String,
}

/// A relation in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RelationInfo {
    pub model_uuid: String,
    /// The key, `web:db db:server`.
    pub key: String,
    pub id: i64,
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<Endpoint>,
}

/// An application with one of its endpoints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Endpoint {
    pub application_name: String,
    pub relation: CharmRelation,
}

/// A remote application in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationInfo {
    pub model_uuid: String,
    pub name: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    pub life: Life,
    pub status: StatusInfo,
}

/// An offer in a delta; only a model admin gets these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferInfo {
    pub model_uuid: String,
    pub offer_name: String,
    pub offer_uuid: String,
    pub application_name: String,
    pub charm_name: String,
    pub total_connected_count: i64,
    /// How many connections are joined.
    pub active_connected_count: i64,
}

/// A charm in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmInfo {
    pub model_uuid: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    /// Version that the charm reports.
    pub charm_version: String,
    pub life: Life,
    pub profile: Option<Profile>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
}

/// An LXD profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Profile {
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub devices: BTreeMap<String, BTreeMap<String, String>>,
}
