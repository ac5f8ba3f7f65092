//! From the API's answer to what `juju status` prints.

use std::collections::BTreeMap;

use juju_wire::{
    constraints::Base as WireBase,
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
use crate::juju::render::{base_channel, clock, id, moment};

/// The whole answer.
pub(super) fn status(told: &FullStatusResult, controller: &str, with_relations: bool) -> Status {
    Status {
        model: Model {
            name: told.model.name.clone(),
            kind: told.model.kind.clone(),
            controller: controller.to_owned(),
            cloud: id(&told.model.cloud_tag),
            region: told.model.region.clone(),
            version: told.model.version.clone(),
            upgrade_available: told.model.available_version.clone(),
            model_status: state(&told.model.model_status),
            sla: told.model.sla.clone(),
        },
        machines: told.machines.iter().map(|(id, one)| (id.clone(), machine(one))).collect(),
        applications: told
            .applications
            .iter()
            .map(|(name, one)| (name.clone(), application(told, name, one)))
            .collect(),
        application_endpoints: told.remote_applications.iter().map(|(name, one)| (name.clone(), remote(one))).collect(),
        offers: told.offers.iter().map(|(name, one)| (name.clone(), offer(one))).collect(),
        storage: Storage::of(told),
        controller: Clock { timestamp: clock(told.controller_timestamp.as_deref()) },
        branches: branches(told),
        relations: with_relations.then(|| told.relations.iter().map(relation).collect()),
    }
}

/// Machines alone, as `juju machines` prints them.
pub(crate) fn machines(told: &FullStatusResult, wanted: &[String]) -> BTreeMap<String, Machine> {
    let is_wanted = |id: &String| wanted.is_empty() || wanted.contains(id);
    told.machines.iter().filter(|(id, _)| is_wanted(id)).map(|(id, one)| (id.clone(), machine(one))).collect()
}

fn state(told: &DetailedStatus) -> State {
    State {
        reason: told.data.get("reason").and_then(|reason| reason.as_str()).unwrap_or_default().to_owned(),
        life: told.life.as_str().to_owned(),
        ..short_state(told)
    }
}

/// Without reason and life, as units and applications have it.
fn short_state(told: &DetailedStatus) -> State {
    if let Some(error) = &told.err {
        return State { status_error: error.message.clone(), ..State::default() };
    }
    State {
        current: told.status.clone(),
        message: told.info.clone(),
        since: moment(told.since.as_deref()),
        version: told.version.clone(),
        ..State::default()
    }
}

fn base(told: &WireBase) -> Option<Base> {
    (!told.channel.is_empty()).then(|| Base { name: told.name.clone(), channel: base_channel(&told.channel) })
}

fn machine(told: &MachineStatus) -> Machine {
    let manages = told.jobs.iter().any(|job| job == "JobManageModel");
    let vote = match (told.has_vote, told.wants_vote) {
        (true, true) => "has-vote",
        (true, false) => "removing-vote",
        (false, true) => "adding-vote",
        (false, false) => "no-vote",
    };
    Machine {
        juju_status: state(&told.agent_status),
        hostname: told.hostname.clone(),
        dns_name: told.dns_name.clone(),
        ip_addresses: told.ip_addresses.clone(),
        instance_id: told.instance_id.clone(),
        display_name: told.display_name.clone(),
        machine_status: state(&told.instance_status),
        modification_status: state(&told.modification_status),
        base: base(&told.base),
        network_interfaces: told.network_interfaces.iter().map(|(name, one)| (name.clone(), json!(one))).collect(),
        containers: told.containers.iter().map(|(id, one)| (id.clone(), machine(one))).collect(),
        constraints: told.constraints.clone(),
        hardware: told.hardware.clone(),
        controller_member_status: if manages { vote.to_owned() } else { String::new() },
        ha_primary: manages && told.primary_controller_machine.unwrap_or_default(),
        lxd_profiles: told.lxd_profiles.iter().map(|(name, one)| (name.clone(), json!(one))).collect(),
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

fn application(all: &FullStatusResult, name: &str, told: &ApplicationStatus) -> Application {
    let (charm_origin, shown, charm_name, charm_rev) = charm(&told.charm);
    Application {
        charm: shown,
        base: base(&told.base),
        charm_origin: charm_origin.to_owned(),
        charm_name,
        charm_rev,
        charm_channel: told.charm_channel.clone(),
        charm_version: told.charm_version.clone(),
        charm_profile: told.charm_profile.clone(),
        can_upgrade_to: told.can_upgrade_to.clone(),
        scale: told.int,
        provider_id: told.provider_id.clone(),
        address: told.public_address.clone(),
        exposed: told.exposed,
        life: told.life.as_str().to_owned(),
        application_status: told.err.as_ref().map_or_else(
            || short_state(&told.status),
            |error| State { status_error: error.message.clone(), ..State::default() },
        ),
        relations: told
            .relations
            .iter()
            .map(|(endpoint, others)| {
                (endpoint.clone(), others.iter().filter_map(|other| related(all, name, endpoint, other)).collect())
            })
            .collect(),
        subordinate_to: told.subordinate_to.clone(),
        units: told.units.iter().map(|(id, one)| (id.clone(), unit(all, name, id, one))).collect(),
        version: told.workload_version.clone(),
        endpoint_bindings: told.endpoint_bindings.clone(),
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

fn unit(all: &FullStatusResult, application: &str, name: &str, told: &UnitStatus) -> Unit {
    let mut workload = short_state(&told.workload_status);
    if workload.current == "error" {
        let relation = told.workload_status.data.get("relation-id").and_then(serde_json::Value::as_f64);
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
        juju_status: short_state(&told.agent_status),
        leader: told.leader,
        upgrading_from: told.charm.clone(),
        machine: told.machine.clone(),
        open_ports: told.opened_ports.clone().unwrap_or_default(),
        public_address: told.public_address.clone(),
        address: told.address.clone(),
        provider_id: told.provider_id.clone(),
        subordinates: told.subordinates.iter().map(|(id, one)| (id.clone(), unit(all, application, id, one))).collect(),
        branch: all
            .branches
            .iter()
            .find(|(_, branch)| is_on(&branch.assigned_units))
            .map(|(name, _)| name.clone())
            .unwrap_or_default(),
    }
}

fn endpoint(told: &RemoteEndpoint) -> Endpoint {
    Endpoint { interface: told.interface.clone(), role: told.role.clone() }
}

fn remote(told: &RemoteApplicationStatus) -> Remote {
    Remote {
        url: told.offer_url.clone(),
        endpoints: told.endpoints.iter().map(|end| (end.name.clone(), endpoint(end))).collect(),
        life: told.life.as_str().to_owned(),
        application_status: short_state(&told.status),
        relations: told.relations.clone(),
    }
}

fn offer(told: &ApplicationOfferStatus) -> Offer {
    Offer {
        application: told.application_name.clone(),
        charm: told.charm.clone(),
        total_connected_count: told.total_connected_count,
        active_connected_count: told.active_connected_count,
        endpoints: told.endpoints.iter().map(|(alias, end)| (alias.clone(), endpoint(end))).collect(),
    }
}

fn branches(told: &FullStatusResult) -> BTreeMap<String, Branch> {
    let created = |seconds: i64| chrono::DateTime::from_timestamp(seconds, 0).map(|time| time.to_rfc3339());
    let branch = |one: &juju_wire::facade::client::status::BranchStatus| Branch {
        created: moment(created(one.created).as_deref()),
        created_by: one.created_by.clone(),
    };
    told.branches.iter().map(|(name, one)| (name.clone(), branch(one))).collect()
}

fn relation(told: &RelationStatus) -> Relation {
    let end = |role: &str| {
        let found = told.endpoints.iter().find(|end| end.role == role || end.role == "peer");
        found.map(|end| format!("{}:{}", end.application, end.name)).unwrap_or_default()
    };
    let peer = told.endpoints.iter().any(|end| end.role == "peer");
    Relation {
        provider: end("provider"),
        requirer: end("requirer"),
        interface: told.interface.clone(),
        kind: if told.scope == "container" {
            "subordinate"
        } else if peer {
            "peer"
        } else {
            "regular"
        }
        .to_owned(),
        status: told.status.status.clone(),
        message: told.status.info.clone(),
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
