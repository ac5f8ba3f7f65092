//! One change of one entity, as watchers receive it.

use juju_wire::{
    constraints::Hardware,
    delta::{
        Delta, EntityInfo,
        application::{
            ApplicationInfo, ApplicationOfferInfo, CharmInfo, Endpoint, Port, PortRange, RelationInfo,
            RemoteApplicationInfo, UnitInfo,
        },
        model::{ActionInfo, MachineInfo, ModelInfo, StatusInfo},
    },
    entity::Life,
    facade::{
        application::origin::CharmRelation, machine_manager::add::MachineAddress, model_manager::info::ModelSLAInfo,
    },
};

use super::{
    cluster,
    network::{opened_ports, unit_address},
    status,
};
use crate::go_time::format_time;
use crate::state::{
    Application, Kind, Machine, MachineId, Model, Relation, RelationEndpoint, State, Status, Task, Topic, Unit,
};

/// The delta of an entity that changed; for a removed entity, its removal.
pub(super) fn entity_delta(state: &State, model: &Model, topic: &Topic) -> Delta {
    let version = &state.controller.agent_version;
    match topic {
        Topic::Model => present(EntityInfo::Model(Box::new(model_info(state, model)))),
        Topic::Machine(id) => machine_delta(model, id, version),
        Topic::Application(name) => application_delta(model, name),
        Topic::Unit(name) => unit_delta(model, name, version),
        Topic::Relation(id) => relation_delta(model, *id),
        Topic::RemoteApplication(name) => remote_application_delta(model, name),
        Topic::Offer(name) => offer_delta(model, name),
        Topic::Charm(url) => charm_delta(model, url),
        Topic::Task(id) => task_delta(model, id),
    }
}

fn machine_delta(model: &Model, id: &str, version: &str) -> Delta {
    if let Some(machine) = model.machine(id) {
        return present(EntityInfo::Machine(Box::new(machine_info(model, machine, version))));
    }
    let (model_uuid, id) = (model.uuid.clone(), id.to_owned());
    let info = MachineInfo { model_uuid, id, life: Life::Dead, ..MachineInfo::default() };
    gone(EntityInfo::Machine(Box::new(info)))
}

fn application_delta(model: &Model, name: &str) -> Delta {
    if let Some(application) = model.applications.get(name) {
        return present(EntityInfo::Application(Box::new(application_info(model, application))));
    }
    let (model_uuid, name) = (model.uuid.clone(), name.to_owned());
    let info = ApplicationInfo { model_uuid, name, life: Life::Dead, ..ApplicationInfo::default() };
    gone(EntityInfo::Application(Box::new(info)))
}

fn unit_delta(model: &Model, name: &str, version: &str) -> Delta {
    if let Ok(unit) = model.unit(name) {
        return present(EntityInfo::Unit(Box::new(unit_info(model, unit, version))));
    }
    let (model_uuid, name) = (model.uuid.clone(), name.to_owned());
    let info = UnitInfo { model_uuid, name, life: Life::Dead, ..UnitInfo::default() };
    gone(EntityInfo::Unit(Box::new(info)))
}

fn relation_delta(model: &Model, id: i64) -> Delta {
    if let Some(relation) = model.relations.get(&id) {
        return present(EntityInfo::Relation(Box::new(relation_info(model, relation))));
    }
    let info = RelationInfo { model_uuid: model.uuid.clone(), id, ..RelationInfo::default() };
    gone(EntityInfo::Relation(Box::new(info)))
}

fn remote_application_delta(model: &Model, name: &str) -> Delta {
    let found = model.remote_applications.get(name);
    let info = RemoteApplicationInfo {
        model_uuid: model.uuid.clone(),
        name: name.to_owned(),
        offer_url: found.map(|remote| remote.offer_url.clone()).unwrap_or_default(),
        life: if found.is_some() { Life::Alive } else { Life::Dead },
        status: found.map(|remote| status_info(&remote.status, "")).unwrap_or_default(),
    };
    Delta { removed: found.is_none(), entity: EntityInfo::RemoteApplication(Box::new(info)) }
}

fn offer_delta(model: &Model, name: &str) -> Delta {
    let found = model.offers.get(name);
    let application = found.and_then(|offer| model.applications.get(&offer.application));
    let info = ApplicationOfferInfo {
        model_uuid: model.uuid.clone(),
        offer_name: name.to_owned(),
        offer_uuid: found.map(|offer| offer.uuid.clone()).unwrap_or_default(),
        application_name: found.map(|offer| offer.application.clone()).unwrap_or_default(),
        charm_name: application.map(|application| application.charm.name.clone()).unwrap_or_default(),
        ..ApplicationOfferInfo::default()
    };
    Delta { removed: found.is_none(), entity: EntityInfo::ApplicationOffer(Box::new(info)) }
}

fn task_delta(model: &Model, id: &str) -> Delta {
    let task = id.parse().ok().and_then(|id: u64| model.tasks.get(&id));
    let info = task.map(|task| task_info(model, task));
    let removed = info.is_none();
    let empty = || ActionInfo { model_uuid: model.uuid.clone(), id: id.to_owned(), ..ActionInfo::default() };
    Delta { removed, entity: EntityInfo::Action(Box::new(info.unwrap_or_else(empty))) }
}

fn present(entity: EntityInfo) -> Delta {
    Delta { removed: false, entity }
}

fn gone(entity: EntityInfo) -> Delta {
    Delta { removed: true, entity }
}

fn status_info(status: &Status, version: &str) -> StatusInfo {
    StatusInfo {
        current: status.status.clone(),
        message: status.message.clone(),
        since: Some(format_time(status.since)),
        version: version.to_owned(),
        ..StatusInfo::default()
    }
}

/// A charm; without its options if no application has it any more.
fn charm_delta(model: &Model, url: &str) -> Delta {
    let user = model.applications.values().find(|application| application.charm.url(application.revision) == url);
    let options = user.iter().flat_map(|application| &application.charm.config);
    let info = CharmInfo {
        model_uuid: model.uuid.clone(),
        charm_url: url.to_owned(),
        charm_version: user.map(|application| application.charm.build.clone()).unwrap_or_default(),
        life: if user.is_some() { Life::Alive } else { Life::Dead },
        config: options.map(|(name, option)| (name.clone(), option.default.clone())).collect(),
        ..CharmInfo::default()
    };
    Delta { removed: user.is_none(), entity: EntityInfo::Charm(Box::new(info)) }
}

fn model_info(state: &State, model: &Model) -> ModelInfo {
    let mut config = super::model_config::whole(model);
    // a setting of old clients, which only they are shown
    config.remove("default-series");
    ModelInfo {
        model_uuid: model.uuid.clone(),
        name: model.name.clone(),
        life: model.life,
        owner: model.owner.clone(),
        controller_uuid: state.controller.uuid.clone(),
        is_controller: model.name == "controller",
        config: config.into_iter().map(|(name, (value, _))| (name, value)).collect(),
        status: status_info(&Status { since: model.created, ..Status::now("available", "") }, ""),
        constraints: model.constraints.clone(),
        sla: ModelSLAInfo { level: "unsupported".to_owned(), ..ModelSLAInfo::default() },
        kind: status::kind(model.kind).to_owned(),
        cloud: model.cloud.name.clone(),
        cloud_region: model.cloud.region.clone(),
        version: state.controller.agent_version.clone(),
    }
}

fn machine_info(model: &Model, machine: &Machine, version: &str) -> MachineInfo {
    let started = machine.started();
    let address = MachineAddress {
        value: machine.address(),
        kind: "ipv4".to_owned(),
        scope: "local-cloud".to_owned(),
        ..MachineAddress::default()
    };
    MachineInfo {
        model_uuid: model.uuid.clone(),
        id: machine.id.clone(),
        instance_id: if started { machine.instance_id() } else { String::new() },
        agent_status: status_info(&machine.agent, if started { version } else { "" }),
        hardware_characteristics: started.then(hardware),
        instance_status: status_info(&machine.instance, ""),
        life: machine.life,
        base: format!("ubuntu@{}", machine.channel.trim_end_matches("/stable")),
        container_type: machine.id.parse().map(|id: MachineId| id.container().to_owned()).unwrap_or_default(),
        jobs: vec!["JobHostUnits".to_owned()],
        addresses: if started { vec![address] } else { Vec::new() },
        ..MachineInfo::default()
    }
}

fn application_info(model: &Model, application: &Application) -> ApplicationInfo {
    ApplicationInfo {
        model_uuid: model.uuid.clone(),
        name: application.name.clone(),
        exposed: application.exposed,
        charm_url: application.charm.url(application.revision),
        life: application.life,
        constraints: application.constraints.clone(),
        config: application.config.clone(),
        subordinate: application.charm.subordinate,
        // the real server reports `unset` unless the charm set a status for the application as a whole
        status: StatusInfo { current: "unset".to_owned(), ..StatusInfo::default() },
        workload_version: application.charm.version.clone(),
        ..ApplicationInfo::default()
    }
}

fn unit_info(model: &Model, unit: &Unit, version: &str) -> UnitInfo {
    let allocated = unit.agent.status != "allocating";
    let address = unit_address(model, unit);
    let runs_in_cluster = model.kind == Kind::Caas && allocated;
    let ports = opened_ports(model, unit).unwrap_or_default();
    let range = |port: &String| {
        let (number, protocol) = port.split_once('/')?;
        let number = number.parse().ok()?;
        Some(PortRange { from_port: number, to_port: number, protocol: protocol.to_owned() })
    };
    let port_ranges: Vec<_> = ports.iter().filter_map(range).collect();
    let port = |range: &PortRange| Port { protocol: range.protocol.clone(), number: range.from_port };
    let failed = unit.failing.as_ref().filter(|_| unit.in_error());
    let application = model.applications.get(&unit.application);
    UnitInfo {
        model_uuid: model.uuid.clone(),
        name: unit.name(),
        application: unit.application.clone(),
        base: "ubuntu@22.04".to_owned(),
        charm_url: application.map(|application| application.charm.url(application.revision)).unwrap_or_default(),
        life: unit.life,
        public_address: address.clone(),
        private_address: if runs_in_cluster { cluster::pod_address(unit) } else { address },
        ports: port_ranges.iter().map(port).collect(),
        port_ranges,
        machine_id: unit.machine.clone().unwrap_or_default(),
        principal: unit.principal.clone().unwrap_or_default(),
        subordinate: unit.principal.is_some(),
        workload_status: StatusInfo {
            data: failed.map(|hook| ("hook".to_owned(), hook.clone().into())).into_iter().collect(),
            ..status_info(&unit.workload, "")
        },
        agent_status: status_info(&unit.agent, if allocated { version } else { "" }),
    }
}

/// Every simulated machine has the same hardware.
fn hardware() -> Hardware {
    Hardware {
        arch: Some("amd64".to_owned()),
        mem: Some(8192),
        root_disk: Some(32_768),
        cpu_cores: Some(4),
        availability_zone: Some("zone-a".to_owned()),
        ..Hardware::default()
    }
}

/// An endpoint in a relation.
pub(super) fn charm_relation(side: &RelationEndpoint) -> CharmRelation {
    CharmRelation {
        name: side.name.clone(),
        role: side.role.to_owned(),
        interface: side.interface.clone(),
        optional: side.optional,
        limit: side.limit,
        scope: side.scope.clone(),
    }
}

fn relation_info(model: &Model, relation: &Relation) -> RelationInfo {
    let endpoint = |side: &RelationEndpoint| Endpoint {
        application_name: side.application.clone(),
        relation: charm_relation(side),
    };
    RelationInfo {
        model_uuid: model.uuid.clone(),
        key: relation.key(),
        id: relation.id,
        endpoints: relation.endpoints.iter().map(endpoint).collect(),
    }
}

fn task_info(model: &Model, task: &Task) -> ActionInfo {
    ActionInfo {
        model_uuid: model.uuid.clone(),
        id: task.id.clone(),
        receiver: task.unit.clone(),
        name: task.name.clone(),
        parameters: task.parameters.clone(),
        status: task.status.clone(),
        message: task.message.clone(),
        results: task.output.clone(),
        enqueued: format_time(task.enqueued),
        started: task.started.map(format_time).unwrap_or_default(),
        completed: task.completed.map(format_time).unwrap_or_default(),
    }
}
