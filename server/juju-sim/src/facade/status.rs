//! The status of a whole model, as `Client.FullStatus` answers it.

use std::collections::BTreeMap;

use juju_wire::{
    constraints::{Base, Constraints},
    entity::Life,
    facade::client::{
        application::{
            ApplicationOfferStatus, ApplicationStatus, MeterStatus, RemoteApplicationStatus, RemoteEndpoint, UnitStatus,
        },
        entity_status::DetailedStatus,
        machine::{MachineStatus, NetworkInterface},
        status::{EndpointStatus, FullStatusResult, RelationStatus, StatusModel, StatusParams},
    },
    tag::Tag,
};

use super::{
    cluster,
    network::{opened_ports, unit_address},
    selection::Selection,
    storage,
};
use crate::{
    go_time::format_time,
    state::{Application, Kind, Machine, Model, Relation, RelationEndpoint, State, Status, Unit},
};

/// Base of every simulated machine.
pub(crate) fn base() -> Base {
    Base { name: "ubuntu".to_owned(), channel: "22.04/stable".to_owned() }
}

/// A life as the real server writes it in status: nothing for what is alive.
fn life(life: Life) -> Life {
    if life == Life::Alive { Life::Unset } else { life }
}

pub(crate) fn detailed(status: &Status, version: &str) -> DetailedStatus {
    DetailedStatus {
        status: status.status.clone(),
        info: status.message.clone(),
        since: Some(format_time(status.since)),
        version: version.to_owned(),
        ..DetailedStatus::default()
    }
}

/// The status of a model; with patterns, of what matches one of them and what belongs to it.
pub(super) fn full(state: &State, model: &Model, params: &StatusParams) -> FullStatusResult {
    let selection = Selection::new(model, &params.patterns);
    let shown = params.include_storage;
    let version = &state.controller.agent_version;
    let machines = model.machines.values().filter(|machine| !machine.is_container() && selection.machine(machine));
    let applications = model.applications.values().filter(|application| selection.application(&application.name));
    let relations = model.relations.values().filter(|relation| selection.relation(relation));
    FullStatusResult {
        model: header(state, model),
        machines: machines
            .map(|machine| (machine.id.clone(), machine_status(model, machine, &selection, version)))
            .collect(),
        applications: applications
            .map(|application| (application.name.clone(), application_status(model, application, &selection, version)))
            .collect(),
        remote_applications: model
            .remote_applications
            .values()
            .map(|remote| (remote.name.clone(), remote_status(model, remote)))
            .collect(),
        offers: model.offers.values().map(|offer| (offer.name.clone(), offer_status(model, offer))).collect(),
        relations: relations.map(|relation| relation_status(model, relation)).collect(),
        storage: if shown { storage::instances(model) } else { Vec::new() },
        filesystems: if shown { storage::filesystems(model) } else { Vec::new() },
        volumes: if shown { storage::volumes(model) } else { Vec::new() },
        controller_timestamp: Some(format_time(chrono::Utc::now())),
        ..FullStatusResult::default()
    }
}

fn header(state: &State, model: &Model) -> StatusModel {
    let (status, message) = if model.life == Life::Alive { ("available", "") } else { ("destroying", "") };
    StatusModel {
        name: model.name.clone(),
        kind: kind(model.kind).to_owned(),
        cloud_tag: Tag::new("cloud", &model.cloud.name).to_string(),
        region: model.cloud.region.clone(),
        version: state.controller.agent_version.clone(),
        model_status: DetailedStatus {
            status: status.to_owned(),
            info: message.to_owned(),
            since: Some(format_time(model.created)),
            ..DetailedStatus::default()
        },
        meter_status: MeterStatus::default(),
        sla: "unsupported".to_owned(),
        ..StatusModel::default()
    }
}

/// `iaas` or `caas`.
pub(crate) fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Iaas => "iaas",
        Kind::Caas => "caas",
    }
}

/// Constraints in words; those that matter here.
pub(crate) fn constraint_words(constraints: &Constraints) -> Vec<String> {
    let Constraints { arch, cores, mem, spaces, .. } = constraints;
    let mut words: Vec<_> = arch.iter().map(|arch| format!("arch={arch}")).collect();
    words.extend(cores.map(|cores| format!("cores={cores}")));
    words.extend(mem.map(|mem| format!("mem={mem}M")));
    words.extend(spaces.iter().map(|spaces| format!("spaces={}", spaces.join(","))));
    words
}

fn machine_status(model: &Model, machine: &Machine, selection: &Selection<'_>, version: &str) -> MachineStatus {
    let started = machine.started();
    let address = if started { machine.address() } else { String::new() };
    let instance_id = if started {
        format!("sim-{}-{}", &model.uuid[model.uuid.len() - 4..], machine.id)
    } else {
        "pending".to_owned()
    };
    let interface = NetworkInterface {
        ip_addresses: vec![address.clone()],
        mac_address: format!(
            "52:54:00:00:{:02x}:{:02x}",
            machine.id.len(),
            machine.id.bytes().last().unwrap_or_default()
        ),
        space: "alpha".to_owned(),
        is_up: true,
        ..NetworkInterface::default()
    };
    MachineStatus {
        agent_status: detailed(&machine.agent, if started { version } else { "" }),
        instance_status: detailed(&machine.instance, ""),
        modification_status: DetailedStatus {
            status: "idle".to_owned(),
            since: Some(format_time(machine.agent.since)),
            ..DetailedStatus::default()
        },
        hostname: if started { machine.instance_id() } else { String::new() },
        dns_name: address.clone(),
        ip_addresses: if started { vec![address] } else { Vec::new() },
        instance_id,
        base: Base { channel: machine.channel.clone(), ..base() },
        id: machine.id.clone(),
        containers: model
            .containers_in(&machine.id)
            .filter(|container| selection.machine(container))
            .map(|container| (container.id.clone(), machine_status(model, container, selection, version)))
            .collect(),
        constraints: constraint_words(&machine.constraints).join(" "),
        network_interfaces: if started { BTreeMap::from([("eth0".to_owned(), interface)]) } else { BTreeMap::new() },
        hardware: if started {
            "arch=amd64 cores=4 mem=8192M root-disk=32768M availability-zone=zone-a".to_owned()
        } else {
            String::new()
        },
        jobs: vec!["JobHostUnits".to_owned()],
        ..MachineStatus::default()
    }
}

fn application_status(
    model: &Model,
    application: &Application,
    selection: &Selection<'_>,
    version: &str,
) -> ApplicationStatus {
    let units: Vec<_> = model.units_of(&application.name).filter(|unit| selection.unit(unit)).collect();
    let units = units.as_slice();
    let related = selection.related(&application.name);
    let mut relations: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for relation in model.relations.values().filter(|relation| related && relation.has(&application.name)) {
        let ours = relation.endpoints.iter().find(|side| side.application == application.name);
        let theirs = relation.endpoints.iter().find(|side| side.application != application.name).or(ours);
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            relations.entry(ours.name.clone()).or_default().push(theirs.application.clone());
        }
    }
    let charm = &application.charm;
    let cluster = model.kind == Kind::Caas;
    // units of a subordinate are shown beside those of its principals
    let own = units.iter().filter(|_| !charm.subordinate);
    ApplicationStatus {
        charm: charm.url(application.revision),
        charm_channel: application.channel.clone(),
        charm_rev: application.revision,
        can_upgrade_to: application
            .newest
            .filter(|newest| *newest != application.revision)
            .map(|newest| charm.url(newest))
            .unwrap_or_default(),
        charm_version: charm.build.clone(),
        base: base(),
        exposed: application.exposed,
        exposed_endpoints: application.exposed_endpoints.clone(),
        life: life(application.life),
        relations,
        subordinate_to: if related { model.principals(&application.name) } else { Vec::new() },
        units: own.map(|unit| (unit.name(), unit_status(model, unit, version))).collect(),
        int: i64::from(application.scale),
        provider_id: if cluster { cluster::service(model, application) } else { String::new() },
        public_address: if cluster { cluster::service_address(application) } else { String::new() },
        status: DetailedStatus { data: failed_hook(model, application), ..detailed(&derived(model, application), "") },
        workload_version: if units.iter().any(|unit| unit.workload.status == "active") {
            charm.version.clone()
        } else {
            String::new()
        },
        endpoint_bindings: bindings(application),
        ..ApplicationStatus::default()
    }
}

/// The space of each endpoint, and under the empty name that of all others.
pub(crate) fn bindings(application: &Application) -> BTreeMap<String, String> {
    let endpoints = application.charm.endpoints().map(|(_, name, _)| name.clone());
    let rest = application.bindings.get("").cloned().unwrap_or_else(|| "alpha".to_owned());
    let space = |name: String| (name.clone(), application.bindings.get(&name).unwrap_or(&rest).clone());
    endpoints.chain([String::new()]).map(space).collect()
}

/// The hook that failed, which only the application's status names.
fn failed_hook(model: &Model, application: &Application) -> BTreeMap<String, serde_json::Value> {
    let mut units = model.units_of(&application.name);
    let failed = units.find(|unit| unit.in_error()).and_then(|unit| unit.failing.clone());
    failed.map(|hook| ("hook".to_owned(), hook.into())).into_iter().collect()
}

/// An application's status is the worst of its units' (`core/status`).
pub(crate) fn derived(model: &Model, application: &Application) -> Status {
    const WORST_FIRST: [&str; 8] =
        ["error", "blocked", "maintenance", "waiting", "active", "terminated", "unknown", "unset"];
    let severity = |status: &str| WORST_FIRST.iter().position(|known| *known == status).unwrap_or(WORST_FIRST.len());
    let worst =
        model.units_of(&application.name).map(|unit| &unit.workload).min_by_key(|status| severity(&status.status));
    worst.cloned().unwrap_or(Status {
        status: "unknown".to_owned(),
        message: String::new(),
        since: application.created,
    })
}

fn unit_status(model: &Model, unit: &Unit, version: &str) -> UnitStatus {
    let allocated = unit.agent.status != "allocating";
    let cluster = model.kind == Kind::Caas && allocated;
    let name = unit.name();
    UnitStatus {
        agent_status: DetailedStatus {
            life: life(unit.life),
            ..detailed(&unit.agent, if allocated { version } else { "" })
        },
        workload_status: detailed(&unit.workload, ""),
        machine: unit.machine.clone().filter(|_| unit.principal.is_none()).unwrap_or_default(),
        opened_ports: opened_ports(model, unit),
        public_address: unit_address(model, unit),
        workload_version: match model.applications.get(&unit.application) {
            Some(application) if unit.workload.status == "active" => application.charm.version.clone(),
            _ => String::new(),
        },
        subordinates: model.subordinates(&name).map(|unit| (unit.name(), unit_status(model, unit, version))).collect(),
        leader: unit.leader,
        provider_id: if cluster { cluster::pod(unit) } else { String::new() },
        address: if cluster { cluster::pod_address(unit) } else { String::new() },
        ..UnitStatus::default()
    }
}

fn remote_endpoint(side: &RelationEndpoint) -> RemoteEndpoint {
    RemoteEndpoint {
        name: side.name.clone(),
        role: side.role.to_owned(),
        interface: side.interface.clone(),
        limit: side.limit,
    }
}

fn remote_status(model: &Model, remote: &crate::state::RemoteApplication) -> RemoteApplicationStatus {
    let mut relations: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for relation in model.relations.values().filter(|relation| relation.has(&remote.name)) {
        for side in relation.endpoints.iter().filter(|side| side.application == remote.name) {
            let others = relation.endpoints.iter().filter(|other| other.application != remote.name);
            relations.entry(side.name.clone()).or_default().extend(others.map(|other| other.application.clone()));
        }
    }
    RemoteApplicationStatus {
        offer_url: remote.offer_url.clone(),
        offer_name: remote.name.clone(),
        endpoints: remote.endpoints.iter().map(remote_endpoint).collect(),
        relations,
        status: detailed(&remote.status, ""),
        ..RemoteApplicationStatus::default()
    }
}

fn offer_status(model: &Model, offer: &crate::state::Offer) -> ApplicationOfferStatus {
    let charm =
        model.applications.get(&offer.application).map(|application| application.charm.url(application.revision));
    ApplicationOfferStatus {
        offer_name: offer.name.clone(),
        application_name: offer.application.clone(),
        charm: charm.unwrap_or_default(),
        endpoints: offer.endpoints.iter().map(|side| (side.name.clone(), remote_endpoint(side))).collect(),
        ..ApplicationOfferStatus::default()
    }
}

fn relation_status(model: &Model, relation: &Relation) -> RelationStatus {
    let side = |side: &RelationEndpoint| EndpointStatus {
        application: side.application.clone(),
        name: side.name.clone(),
        role: side.role.to_owned(),
        subordinate: model.applications.get(&side.application).is_some_and(|found| found.charm.subordinate),
    };
    let first = relation.endpoints.first();
    RelationStatus {
        id: relation.id,
        key: relation.key(),
        interface: first.map(|side| side.interface.clone()).unwrap_or_default(),
        scope: first.map(|side| side.scope.clone()).unwrap_or_default(),
        endpoints: relation.endpoints.iter().map(side).collect(),
        status: detailed(&relation.status, ""),
    }
}
