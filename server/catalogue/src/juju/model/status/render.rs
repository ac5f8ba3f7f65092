//! Converts the API result to the output of `juju status`.

use std::collections::BTreeMap;

use juju_wire::{
    constraints::Base as WireBase,
    entity::Life,
    facade::client::{
        application::{ApplicationOfferStatus, ApplicationStatus, RemoteApplicationStatus, RemoteEndpoint, UnitStatus},
        entity_status::DetailedStatus,
        machine::MachineStatus,
        status::{EndpointStatus, FullStatusResult, RelationStatus},
    },
};
use serde_json::json;

use super::{
    shape::{
        Application, Base, Branch, Clock, Endpoint, Machine, Model, Offer, Related, Relation, Remote, State, Status,
        Unit,
    },
    storage::Storage,
};
use crate::juju::render::{base_channel, id, time_of_day, timestamp};

/// The whole answer.
pub(super) fn status(wire: &FullStatusResult, controller: &str, with_relations: bool) -> Status {
    Status {
        model: Model {
            name: wire.model.name.clone(),
            kind: wire.model.kind.clone(),
            controller: controller.to_owned(),
            cloud: id(&wire.model.cloud_tag),
            region: wire.model.region.clone(),
            version: wire.model.version.clone(),
            upgrade_available: wire.model.available_version.clone(),
            model_status: state(&wire.model.model_status),
            sla: wire.model.sla.clone(),
        },
        machines: wire.machines.iter().map(|(id, one)| (id.clone(), machine(one))).collect(),
        applications: wire
            .applications
            .iter()
            .map(|(name, one)| (name.clone(), application(wire, name, one)))
            .collect(),
        application_endpoints: wire.remote_applications.iter().map(|(name, one)| (name.clone(), remote(one))).collect(),
        offers: wire.offers.iter().map(|(name, one)| (name.clone(), offer(one))).collect(),
        storage: Storage::of(wire),
        storage_not_shown: None,
        controller: Clock { timestamp: time_of_day(wire.controller_timestamp.as_deref()) },
        branches: branches(wire),
        relations: with_relations.then(|| wire.relations.iter().map(relation).collect()),
        broken_relations: wire.relations.iter().filter(|one| is_broken(one)).map(broken_relation).collect(),
        selected: false,
    }
}

/// Whether a relation does not work and does not get there by itself.
fn is_broken(wire: &RelationStatus) -> bool {
    matches!(wire.status.status.as_str(), "error" | "suspended" | "suspending" | "broken") || wire.status.err.is_some()
}

fn broken_relation(wire: &RelationStatus) -> (String, State) {
    (wire.key.clone(), short_state(&wire.status))
}

/// Machines alone, as `juju machines` prints them.
pub(crate) fn machines(wire: &FullStatusResult, wanted: &[String]) -> BTreeMap<String, Machine> {
    let is_wanted = |id: &String| wanted.is_empty() || wanted.contains(id);
    wire.machines.iter().filter(|(id, _)| is_wanted(id)).map(|(id, one)| (id.clone(), machine(one))).collect()
}

fn state(wire: &DetailedStatus) -> State {
    State {
        reason: wire.data.get("reason").and_then(|reason| reason.as_str()).unwrap_or_default().to_owned(),
        life: wire.life.as_str().to_owned(),
        ..short_state(wire)
    }
}

/// Without reason and life, as units and applications have it.
fn short_state(wire: &DetailedStatus) -> State {
    if let Some(error) = &wire.err {
        return State { status_error: error.message.clone(), ..State::default() };
    }
    State {
        current: wire.status.clone(),
        message: wire.info.clone(),
        since: timestamp(wire.since.as_deref()),
        version: wire.version.clone(),
        ..State::default()
    }
}

fn base(wire: &WireBase) -> Option<Base> {
    (!wire.channel.is_empty()).then(|| Base { name: wire.name.clone(), channel: base_channel(&wire.channel) })
}

fn machine(wire: &MachineStatus) -> Machine {
    let manages = wire.jobs.iter().any(|job| job == "JobManageModel");
    let vote = match (wire.has_vote, wire.wants_vote) {
        (true, true) => "has-vote",
        (true, false) => "removing-vote",
        (false, true) => "adding-vote",
        (false, false) => "no-vote",
    };
    Machine {
        juju_status: state(&wire.agent_status),
        hostname: wire.hostname.clone(),
        dns_name: wire.dns_name.clone(),
        ip_addresses: wire.ip_addresses.clone(),
        instance_id: wire.instance_id.clone(),
        display_name: wire.display_name.clone(),
        machine_status: state(&wire.instance_status),
        modification_status: state(&wire.modification_status),
        base: base(&wire.base),
        network_interfaces: wire.network_interfaces.iter().map(|(name, one)| (name.clone(), json!(one))).collect(),
        containers: wire.containers.iter().map(|(id, one)| (id.clone(), machine(one))).collect(),
        constraints: wire.constraints.clone(),
        hardware: wire.hardware.clone(),
        controller_member_status: if manages { vote.to_owned() } else { String::new() },
        ha_primary: manages && wire.primary_controller_machine.unwrap_or_default(),
        lxd_profiles: wire.lxd_profiles.iter().map(|(name, one)| (name.clone(), json!(one))).collect(),
    }
}

/// Origin, name to show, name and revision of a charm: `ch:amd64/jammy/web-5` is `web` 5 from the store.
fn charm(url: &str) -> (&'static str, String, String, i64) {
    let (schema, path) = url.split_once(':').unwrap_or(("ch", url));
    let last = path.rsplit('/').next().unwrap_or(path);
    let (name, revision) = match last.rsplit_once('-') {
        Some((name, number)) => number.parse().map_or((last, -1), |revision| (name, revision)),
        None => (last, -1),
    };
    match schema {
        "ch" => ("charmhub", name.to_owned(), name.to_owned(), revision),
        "local" => ("local", url.to_owned(), name.to_owned(), revision),
        _ => ("unknown", url.to_owned(), name.to_owned(), revision),
    }
}

fn application(all: &FullStatusResult, name: &str, wire: &ApplicationStatus) -> Application {
    let (charm_origin, shown, charm_name, charm_rev) = charm(&wire.charm);
    Application {
        charm: shown,
        base: base(&wire.base),
        charm_origin: charm_origin.to_owned(),
        charm_name,
        charm_rev,
        charm_channel: wire.charm_channel.clone(),
        charm_version: wire.charm_version.clone(),
        charm_profile: wire.charm_profile.clone(),
        can_upgrade_to: wire.can_upgrade_to.clone(),
        scale: wire.int,
        provider_id: wire.provider_id.clone(),
        address: wire.public_address.clone(),
        exposed: wire.exposed,
        life: wire.life.as_str().to_owned(),
        application_status: wire.err.as_ref().map_or_else(
            || short_state(&wire.status),
            |error| State { status_error: error.message.clone(), ..State::default() },
        ),
        relations: wire
            .relations
            .iter()
            .map(|(endpoint, others)| {
                (endpoint.clone(), others.iter().filter_map(|other| related(all, name, endpoint, other)).collect())
            })
            .collect(),
        subordinate_to: wire.subordinate_to.clone(),
        units: wire.units.iter().map(|(id, one)| (id.clone(), unit(all, name, id, one))).collect(),
        version: wire.workload_version.clone(),
        endpoint_bindings: wire.endpoint_bindings.clone(),
    }
}

/// The other side of the relation of an endpoint, found among all relations.
fn related(all: &FullStatusResult, application: &str, endpoint: &str, other: &str) -> Option<Related> {
    let is_here = |end: &EndpointStatus| end.application == application && end.name == endpoint;
    let fits = |relation: &&RelationStatus| match relation.endpoints.as_slice() {
        [only] => other == application && is_here(only),
        [one, two] if other != application => {
            (is_here(one) && two.application == other) || (is_here(two) && one.application == other)
        }
        _ => false,
    };
    all.relations.iter().find(fits).map(|relation| Related {
        related_application: other.to_owned(),
        interface: relation.interface.clone(),
        scope: relation.scope.clone(),
    })
}

fn unit(all: &FullStatusResult, application: &str, name: &str, wire: &UnitStatus) -> Unit {
    let mut workload = short_state(&wire.workload_status);
    if workload.current == "error" {
        let relation = wire.workload_status.data.get("relation-id").and_then(serde_json::Value::as_f64);
        #[expect(clippy::cast_possible_truncation, reason = "ids are small whole numbers")]
        let relation = relation.and_then(|id| all.relations.iter().find(|relation| relation.id == id as i64));
        let other = relation.and_then(|relation| relation.endpoints.iter().find(|end| end.application != application));
        if let Some(other) = other {
            workload.message = format!("{} for {}:{}", workload.message, other.application, other.name);
        }
    }
    let is_on = |units: &BTreeMap<String, Vec<String>>| units.values().flatten().any(|unit| unit == name);
    Unit {
        workload_status: workload,
        juju_status: short_state(&wire.agent_status),
        leader: wire.leader,
        upgrading_from: wire.charm.clone(),
        machine: wire.machine.clone(),
        open_ports: wire.opened_ports.clone().unwrap_or_default(),
        public_address: wire.public_address.clone(),
        address: wire.address.clone(),
        provider_id: wire.provider_id.clone(),
        subordinates: wire.subordinates.iter().map(|(id, one)| (id.clone(), unit(all, application, id, one))).collect(),
        branch: all
            .branches
            .iter()
            .find(|(_, branch)| is_on(&branch.assigned_units))
            .map(|(name, _)| name.clone())
            .unwrap_or_default(),
        life: [wire.agent_status.life, wire.workload_status.life]
            .into_iter()
            .find(|life| matches!(life, Life::Dying | Life::Dead))
            .unwrap_or_default()
            .as_str(),
    }
}

fn endpoint(wire: &RemoteEndpoint) -> Endpoint {
    Endpoint { interface: wire.interface.clone(), role: wire.role.clone() }
}

fn remote(wire: &RemoteApplicationStatus) -> Remote {
    Remote {
        url: wire.offer_url.clone(),
        endpoints: wire.endpoints.iter().map(|end| (end.name.clone(), endpoint(end))).collect(),
        life: wire.life.as_str().to_owned(),
        application_status: short_state(&wire.status),
        relations: wire.relations.clone(),
    }
}

fn offer(wire: &ApplicationOfferStatus) -> Offer {
    Offer {
        application: wire.application_name.clone(),
        charm: wire.charm.clone(),
        total_connected_count: wire.total_connected_count,
        active_connected_count: wire.active_connected_count,
        endpoints: wire.endpoints.iter().map(|(alias, end)| (alias.clone(), endpoint(end))).collect(),
    }
}

fn branches(wire: &FullStatusResult) -> BTreeMap<String, Branch> {
    let created = |seconds: i64| chrono::DateTime::from_timestamp(seconds, 0).map(|time| time.to_rfc3339());
    let branch = |one: &juju_wire::facade::client::status::BranchStatus| Branch {
        created: timestamp(created(one.created).as_deref()),
        created_by: one.created_by.clone(),
    };
    wire.branches.iter().map(|(name, one)| (name.clone(), branch(one))).collect()
}

fn relation(wire: &RelationStatus) -> Relation {
    let end = |role: &str| {
        let found = wire.endpoints.iter().find(|end| end.role == role || end.role == "peer");
        found.map(|end| format!("{}:{}", end.application, end.name)).unwrap_or_default()
    };
    let peer = wire.endpoints.iter().any(|end| end.role == "peer");
    Relation {
        provider: end("provider"),
        requirer: end("requirer"),
        interface: wire.interface.clone(),
        kind: if wire.scope == "container" {
            "subordinate"
        } else if peer {
            "peer"
        } else {
            "regular"
        }
        .to_owned(),
        status: wire.status.status.clone(),
        message: wire.status.info.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charms_are_named_by_their_urls() {
        let parts = |url| {
            let (origin, shown, name, revision) = charm(url);
            (origin, shown, name, revision)
        };
        assert_eq!(parts("ch:amd64/jammy/shop-web-5"), ("charmhub", "shop-web".into(), "shop-web".into(), 5));
        assert_eq!(parts("local:jammy/web-0"), ("local", "local:jammy/web-0".into(), "web".into(), 0));
        assert_eq!(parts("ch:amd64/shop-db"), ("charmhub", "shop-db".into(), "shop-db".into(), -1));
    }
}
