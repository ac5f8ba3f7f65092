//! Applications, units and offers in `FullStatus`.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<RemoteError>,
    pub charm: String,
    /// Version that the charm reports.
    pub charm_version: String,
    pub charm_profile: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm_channel: String,
    #[serde(skip_serializing_if = "is_default")]
    pub charm_rev: i64,
    pub base: Base,
    /// Whether it may be reached from outside.
    pub exposed: bool,
    /// Who may reach each endpoint; the empty name is all of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub exposed_endpoints: BTreeMap<String, ExposedEndpoint>,
    pub life: Life,
    #[serde(deserialize_with = "null_is_empty")]
    pub relations: BTreeMap<String, Vec<String>>,
    /// Newer charm that is known.
    pub can_upgrade_to: String,
    #[serde(deserialize_with = "null_is_empty")]
    pub subordinate_to: Vec<String>,
    #[serde(with = "crate::go::nil")]
    pub units: BTreeMap<String, UnitStatus>,
    /// Status of metering by unit, no longer used.
    #[serde(with = "crate::go::nil")]
    pub meter_statuses: BTreeMap<String, MeterStatus>,
    pub status: DetailedStatus,
    pub workload_version: String,
    /// Space of each endpoint; the empty name is the default.
    #[serde(with = "crate::go::nil")]
    pub endpoint_bindings: BTreeMap<String, String>,
    /// Wanted number of units in a Kubernetes model.
    #[serde(skip_serializing_if = "is_default")]
    pub int: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// Address seen from outside.
    pub public_address: String,
}

/// An application of another model as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteApplicationStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<RemoteError>,
    /// URL of the offer, `admin/prod.db`.
    pub offer_url: String,
    pub offer_name: String,
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<RemoteEndpoint>,
    pub life: Life,
    #[serde(with = "crate::go::nil")]
    pub relations: BTreeMap<String, Vec<String>>,
    pub status: DetailedStatus,
}

/// An offer as `juju status` shows it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationOfferStatus {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub err: Option<RemoteError>,
    pub offer_name: String,
    pub application_name: String,
    pub charm: String,
    #[serde(with = "crate::go::nil")]
    pub endpoints: BTreeMap<String, RemoteEndpoint>,
    /// How many connections are joined.
    pub active_connected_count: i64,
    pub total_connected_count: i64,
}

/// Status of metering, no longer used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MeterStatus {
    pub color: String,
    pub message: String,
}

/// From where an endpoint may be reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ExposedEndpoint {
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
    pub agent_status: DetailedStatus,
    pub workload_status: DetailedStatus,
    pub workload_version: String,
    pub machine: String,
    /// Open ports, `80/tcp`.
    pub opened_ports: Option<Vec<String>>,
    /// Address seen from outside.
    pub public_address: String,
    pub charm: String,
    /// Subordinate units, by name.
    #[serde(with = "crate::go::nil")]
    pub subordinates: BTreeMap<String, UnitStatus>,
    #[serde(skip_serializing_if = "is_default")]
    pub leader: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
}

/// An endpoint of an offer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoteEndpoint {
    pub name: String,
    /// Role in the relation: `provider`, `requirer`, `peer`.
    pub role: String,
    pub interface: String,
    /// How many at most; 0 means no limit.
    pub limit: i64,
}
