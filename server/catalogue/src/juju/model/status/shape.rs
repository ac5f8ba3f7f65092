//! The output of `juju status`. Member names and omitted members are those of the client.
#![expect(clippy::struct_field_names, reason = "the names are the client's")]

use std::collections::BTreeMap;

use serde::Serialize;

use crate::juju::render::is_default;

use super::storage::Storage;

/// The state of a model.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    pub(super) model: Model,
    /// Why storage, filesystems and volumes are missing; Juju returns none of them if it cannot read one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) storage_not_shown: Option<String>,
    pub(super) machines: BTreeMap<String, Machine>,
    pub(super) applications: BTreeMap<String, Application>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) application_endpoints: BTreeMap<String, Remote>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) offers: BTreeMap<String, Offer>,
    pub(super) storage: Storage,
    pub(super) controller: Clock,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) branches: BTreeMap<String, Branch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relations: Option<Vec<Relation>>,
    /// Relations that do not work, for the summary: the client shows relations on request only.
    #[serde(skip)]
    pub(super) broken_relations: Vec<(String, State)>,
    /// The caller selected a part of the model.
    #[serde(skip)]
    pub(super) selected: bool,
}

/// The time at the controller.
#[derive(Debug, Default, Serialize)]
pub struct Clock {
    pub(super) timestamp: String,
}

/// The model itself.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Model {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) controller: String,
    pub(super) cloud: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) region: String,
    pub(super) version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) upgrade_available: String,
    pub(super) model_status: State,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) sla: String,
}

/// A status, or the error of the controller.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct State {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) status_error: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) current: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) since: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) life: String,
}

/// An operating system with its release.
#[derive(Debug, Default, Serialize)]
pub struct Base {
    pub(super) name: String,
    pub(super) channel: String,
}

/// A machine or container.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Machine {
    pub(super) juju_status: State,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) hostname: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) dns_name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ip_addresses: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) instance_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) display_name: String,
    pub(super) machine_status: State,
    pub(super) modification_status: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<Base>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) network_interfaces: BTreeMap<String, serde_json::Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) containers: BTreeMap<String, Machine>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) constraints: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) hardware: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) controller_member_status: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) ha_primary: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) lxd_profiles: BTreeMap<String, serde_json::Value>,
}

impl Machine {
    /// The machine for a reader: id, state, message, address, instance, base, hardware.
    pub(crate) fn row(&self, id: &str) -> Vec<String> {
        let base = self.base.as_ref().map(|base| format!("{}@{}", base.name, base.channel)).unwrap_or_default();
        let state = &self.juju_status.current;
        let cells = [id, state, &self.machine_status.message, &self.dns_name, &self.instance_id, &base, &self.hardware];
        cells.map(str::to_owned).to_vec()
    }

    /// Its containers by id.
    pub(crate) fn containers(&self) -> &BTreeMap<String, Machine> {
        &self.containers
    }
}

/// An application.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Application {
    pub(super) charm: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) base: Option<Base>,
    pub(super) charm_origin: String,
    pub(super) charm_name: String,
    pub(super) charm_rev: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) charm_channel: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) charm_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) charm_profile: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) can_upgrade_to: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) scale: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) provider_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) address: String,
    pub(super) exposed: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) life: String,
    pub(super) application_status: State,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) relations: BTreeMap<String, Vec<Related>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) subordinate_to: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) units: BTreeMap<String, Unit>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) version: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) endpoint_bindings: BTreeMap<String, String>,
}

/// The other side of a relation.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Related {
    pub(super) related_application: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) interface: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) scope: String,
}

/// A unit.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unit {
    pub(super) workload_status: State,
    pub(super) juju_status: State,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) leader: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) upgrading_from: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) machine: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) open_ports: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) public_address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) provider_id: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) subordinates: BTreeMap<String, Unit>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) branch: String,
    /// For the summary; the client does not show it.
    #[serde(skip)]
    pub(super) life: &'static str,
}

/// An endpoint that is offered.
#[derive(Debug, Default, Serialize)]
pub struct Endpoint {
    pub(super) interface: String,
    pub(super) role: String,
}

/// An application of another model.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Remote {
    pub(super) url: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) endpoints: BTreeMap<String, Endpoint>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) life: String,
    pub(super) application_status: State,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) relations: BTreeMap<String, Vec<String>>,
}

/// An offer.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Offer {
    pub(super) application: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) charm: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) total_connected_count: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) active_connected_count: i64,
    pub(super) endpoints: BTreeMap<String, Endpoint>,
}

/// A branch.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Branch {
    pub(super) created: String,
    pub(super) created_by: String,
}

/// A relation, by its two ends.
#[derive(Debug, Default, Serialize)]
pub struct Relation {
    pub(super) provider: String,
    pub(super) requirer: String,
    pub(super) interface: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) message: String,
}
