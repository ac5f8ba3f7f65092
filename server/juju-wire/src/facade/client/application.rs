//! Applications, units and offers in `FullStatus`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::constraints::Base;
use crate::entity::Life;
use crate::facade::client::entity_status::DetailedStatus;
use crate::go::is_default;
use crate::method::null_is_empty;

/// An application as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationStatus {
    /// Why it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<RemoteError>,
    /// The charm.
    pub charm: String,
    /// Version that the charm tells of itself.
    pub charm_version: String,
    /// LXD profile of the charm.
    pub charm_profile: String,
    /// Channel of the charm.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm_channel: String,
    /// Revision of the charm.
    #[serde(skip_serializing_if = "is_default")]
    pub charm_rev: i64,
    /// Operating system with its release.
    pub base: Base,
    /// Whether it may be reached from outside.
    pub exposed: bool,
    /// Who may reach each endpoint; the empty name is all of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub exposed_endpoints: BTreeMap<String, ExposedEndpoint>,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// The relations.
    #[serde(deserialize_with = "null_is_empty")]
    pub relations: BTreeMap<String, Vec<String>>,
    /// Newer charm that is known.
    pub can_upgrade_to: String,
    /// Applications that it is subordinate to.
    #[serde(deserialize_with = "null_is_empty")]
    pub subordinate_to: Vec<String>,
    /// The units.
    #[serde(with = "crate::go::nil")]
    pub units: BTreeMap<String, UnitStatus>,
    /// Status of metering by unit, no longer used.
    #[serde(with = "crate::go::nil")]
    pub meter_statuses: BTreeMap<String, MeterStatus>,
    /// Its status.
    pub status: DetailedStatus,
    /// Version that the workload reported.
    pub workload_version: String,
    /// Space of each endpoint; the empty name is the default.
    #[serde(with = "crate::go::nil")]
    pub endpoint_bindings: BTreeMap<String, String>,
    /// Wanted number of units in a Kubernetes model.
    #[serde(skip_serializing_if = "is_default")]
    pub int: i64,
    /// Id that the cloud gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// Address seen from outside.
    pub public_address: String,
}

/// An application of another model as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationStatus {
    /// Why it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<RemoteError>,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    /// Name of the offer.
    pub offer_name: String,
    /// Its endpoints.
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<RemoteEndpoint>,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// The relations.
    #[serde(with = "crate::go::nil")]
    pub relations: BTreeMap<String, Vec<String>>,
    /// Its status.
    pub status: DetailedStatus,
}

/// An offer as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferStatus {
    /// Why it could not be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<RemoteError>,
    /// Name of the offer.
    pub offer_name: String,
    /// Name of the application.
    pub application_name: String,
    /// The charm.
    pub charm: String,
    /// Its endpoints.
    #[serde(with = "crate::go::nil")]
    pub endpoints: BTreeMap<String, RemoteEndpoint>,
    /// How many connections are joined.
    pub active_connected_count: i64,
    /// How many connections there are.
    pub total_connected_count: i64,
}

/// Status of metering, no longer used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MeterStatus {
    /// Its colour.
    pub color: String,
    /// In words.
    pub message: String,
}

/// From where an endpoint may be reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ExposedEndpoint {
    /// Spaces that may reach it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub expose_to_spaces: Vec<String>,
    /// Networks that may reach it.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub expose_to_cidrs: Vec<String>,
}

/// A unit as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UnitStatus {
    /// Status of the Juju agent.
    pub agent_status: DetailedStatus,
    /// Status of the workload.
    pub workload_status: DetailedStatus,
    /// Version that the workload reported.
    pub workload_version: String,
    /// Id of the machine.
    pub machine: String,
    /// Open ports, `80/tcp`.
    pub opened_ports: Option<Vec<String>>,
    /// Address seen from outside.
    pub public_address: String,
    /// The charm.
    pub charm: String,
    /// Subordinate units, by name.
    #[serde(with = "crate::go::nil")]
    pub subordinates: BTreeMap<String, UnitStatus>,
    /// Whether it is the leader.
    #[serde(skip_serializing_if = "is_default")]
    pub leader: bool,
    /// Id that the cloud gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// The address.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// An endpoint of an offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteEndpoint {
    /// Its name.
    pub name: String,
    /// Role in the relation: `provider`, `requirer`, `peer`.
    pub role: String,
    /// Name of the interface.
    pub interface: String,
    /// How many at most; 0 means no limit.
    pub limit: i64,
}
