//! What deltas say of applications, units, relations, offers and charms.

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
    /// UUID of the model.
    pub model_uuid: String,
    /// Its name.
    pub name: String,
    /// Whether it may be reached from outside.
    pub exposed: bool,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    /// Tag of the owner.
    pub owner_tag: String,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// How many units there should be at least.
    pub min_units: i64,
    /// Constraints on the machines or containers.
    pub constraints: Constraints,
    /// Its configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
    /// Whether it is subordinate.
    pub subordinate: bool,
    /// Its status.
    pub status: StatusInfo,
    /// Version that the workload reported.
    pub workload_version: String,
}

/// A unit in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Its name.
    pub name: String,
    /// Name of the application.
    pub application: String,
    /// Operating system with its release.
    pub base: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// Address seen from outside.
    pub public_address: String,
    /// Address within the cloud.
    pub private_address: String,
    /// Id of the machine.
    pub machine_id: String,
    /// Open ports.
    #[serde(with = "crate::go::nil")]
    pub ports: Vec<Port>,
    /// Open ranges of ports.
    #[serde(with = "crate::go::nil")]
    pub port_ranges: Vec<PortRange>,
    /// Whether it is no subordinate.
    pub principal: String,
    /// Whether it is subordinate.
    pub subordinate: bool,
    /// Status of the workload.
    pub workload_status: StatusInfo,
    /// Status of the Juju agent.
    pub agent_status: StatusInfo,
}

/// A port.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Port {
    /// `tcp`, `udp`, `icmp`.
    pub protocol: String,
    /// Number of the port.
    pub number: i64,
}

/// A range of ports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct PortRange {
    /// First port.
    pub from_port: i64,
    /// Last port.
    pub to_port: i64,
    /// `tcp`, `udp`, `icmp`.
    pub protocol: String,
}

/// A relation in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RelationInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// The key, `web:db db:server`.
    pub key: String,
    /// Its id.
    pub id: i64,
    /// Its endpoints.
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<Endpoint>,
}

/// An application with one of its endpoints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Endpoint {
    /// Name of the application.
    pub application_name: String,
    /// The endpoint as the charm describes it.
    pub relation: CharmRelation,
}

/// A remote application in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Its name.
    pub name: String,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// Its status.
    pub status: StatusInfo,
}

/// An offer in a delta; only a model admin gets these.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// Name of the offer.
    pub offer_name: String,
    /// UUID of the offer.
    pub offer_uuid: String,
    /// Name of the application.
    pub application_name: String,
    /// Name of the charm.
    pub charm_name: String,
    /// How many connections there are.
    pub total_connected_count: i64,
    /// How many connections are joined.
    pub active_connected_count: i64,
}

/// A charm in a delta.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmInfo {
    /// UUID of the model.
    pub model_uuid: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    /// Version that the charm tells of itself.
    pub charm_version: String,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// LXD profile of the charm.
    pub profile: Option<Profile>,
    /// Its configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, Value>,
}

/// An LXD profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Profile {
    /// Its configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, String>,
    /// What it is for, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Devices by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub devices: BTreeMap<String, BTreeMap<String, String>>,
}
