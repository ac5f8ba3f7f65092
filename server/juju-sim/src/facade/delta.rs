//! One change of one entity, as watchers are told it.

use juju_wire::{
    delta::{
        Delta, EntityInfo,
        application::{ApplicationInfo, Endpoint, RelationInfo, UnitInfo},
        model::{ActionInfo, MachineInfo, ModelInfo, StatusInfo},
    },
    entity::Life,
    facade::{application::origin::CharmRelation, machine_manager::add::MachineAddress},
    tag::Tag,
};

use super::{status, time};
use crate::state::{Application, Machine, Model, Relation, RelationEndpoint, State, Status, Task, Topic, Unit};

/// The delta of an entity that changed; of one that is no more, its removal.
pub(super) fn of(state: &State, model: &Model, topic: &Topic) -> Delta {
    let uuid = model.uuid.clone();
    match topic {
        Topic::Model => present(EntityInfo::Model(Box::new(model_info(state, model)))),
        Topic::Machine(id) => match id.parse().ok().and_then(|id: u32| model.machines.get(&id)) {
            Some(machine) => present(EntityInfo::Machine(Box::new(machine_info(model, machine)))),
            None => gone(EntityInfo::Machine(Box::new(MachineInfo {
                model_uuid: uuid,
                id: id.clone(),
                life: Life::Dead,
                ..MachineInfo::default()
            }))),
        },
        Topic::Application(name) => {
            if let Some(application) = model.applications.get(name) {
                present(EntityInfo::Application(Box::new(application_info(model, application))))
            } else {
                let info = ApplicationInfo {
                    model_uuid: uuid,
                    name: name.clone(),
                    life: Life::Dead,
                    ..ApplicationInfo::default()
                };
                gone(EntityInfo::Application(Box::new(info)))
            }
        }
        Topic::Unit(name) => match model.unit(name) {
            Ok(unit) => present(EntityInfo::Unit(Box::new(unit_info(model, unit)))),
            Err(_) => gone(EntityInfo::Unit(Box::new(UnitInfo {
                model_uuid: uuid,
                name: name.clone(),
                life: Life::Dead,
                ..UnitInfo::default()
            }))),
        },
        Topic::Relation(id) => match model.relations.get(id) {
            Some(relation) => present(EntityInfo::Relation(Box::new(relation_info(model, relation)))),
            None => gone(EntityInfo::Relation(Box::new(RelationInfo {
                model_uuid: uuid,
                id: *id,
                ..RelationInfo::default()
            }))),
        },
        Topic::Task(id) => {
            let task = id.parse().ok().and_then(|id: u64| model.tasks.get(&id));
            let info = task.map(|task| task_info(model, task));
            let removed = info.is_none();
            let info = info.unwrap_or_else(|| ActionInfo { model_uuid: uuid, id: id.clone(), ..ActionInfo::default() });
            Delta { removed, entity: EntityInfo::Action(Box::new(info)) }
        }
    }
}

fn present(entity: EntityInfo) -> Delta {
    Delta { removed: false, entity }
}

fn gone(entity: EntityInfo) -> Delta {
    Delta { removed: true, entity }
}

fn told(status: &Status, version: &str) -> StatusInfo {
    StatusInfo {
        current: status.status.clone(),
        message: status.message.clone(),
        since: Some(time(status.since)),
        version: version.to_owned(),
        ..StatusInfo::default()
    }
}

fn model_info(state: &State, model: &Model) -> ModelInfo {
    ModelInfo {
        model_uuid: model.uuid.clone(),
        name: model.name.clone(),
        life: model.life,
        owner: model.owner.clone(),
        controller_uuid: state.controller.uuid.clone(),
        is_controller: model.name == "controller",
        config: super::model_config::effective(model).into_iter().map(|(name, (value, _))| (name, value)).collect(),
        status: told(&Status { since: model.created, ..Status::now("available", "") }, ""),
        constraints: model.constraints.clone(),
        kind: status::kind(model.kind).to_owned(),
        cloud: model.cloud.name.clone(),
        cloud_region: model.cloud.region.clone(),
        version: state.controller.agent_version.clone(),
        ..ModelInfo::default()
    }
}

fn machine_info(model: &Model, machine: &Machine) -> MachineInfo {
    let started = machine.agent.status != "pending";
    let address = MachineAddress {
        value: machine.address(),
        kind: "ipv4".to_owned(),
        scope: "local-cloud".to_owned(),
        space_id: "0".to_owned(),
        ..MachineAddress::default()
    };
    MachineInfo {
        model_uuid: model.uuid.clone(),
        id: machine.id.clone(),
        instance_id: if started { format!("sim-{}", machine.id) } else { String::new() },
        agent_status: told(&machine.agent, ""),
        instance_status: told(&machine.instance, ""),
        life: machine.life,
        base: "ubuntu@22.04".to_owned(),
        jobs: vec!["JobHostUnits".to_owned()],
        addresses: if started { vec![address] } else { Vec::new() },
        ..MachineInfo::default()
    }
}

fn application_info(model: &Model, application: &Application) -> ApplicationInfo {
    let worst = status::derived(model, application);
    ApplicationInfo {
        model_uuid: model.uuid.clone(),
        name: application.name.clone(),
        exposed: application.exposed,
        charm_url: application.charm.url(application.revision),
        owner_tag: Tag::new("user", &model.owner).to_string(),
        life: application.life,
        constraints: application.constraints.clone(),
        config: application.config.clone(),
        subordinate: application.charm.subordinate,
        // the real server tells `unset` unless the charm set a status for the application as a whole
        status: told(&Status { since: worst.since, ..Status::now("unset", "") }, ""),
        workload_version: application.charm.version.clone(),
        ..ApplicationInfo::default()
    }
}

fn unit_info(model: &Model, unit: &Unit) -> UnitInfo {
    let address = status::address(model, unit);
    let application = model.applications.get(&unit.application);
    UnitInfo {
        model_uuid: model.uuid.clone(),
        name: unit.name(),
        application: unit.application.clone(),
        base: "ubuntu@22.04".to_owned(),
        charm_url: application.map(|application| application.charm.url(application.revision)).unwrap_or_default(),
        life: unit.life,
        public_address: address.clone(),
        private_address: address,
        machine_id: unit.machine.clone().unwrap_or_default(),
        principal: unit.principal.clone().unwrap_or_default(),
        subordinate: unit.principal.is_some(),
        workload_status: told(&unit.workload, ""),
        agent_status: told(&unit.agent, ""),
        ..UnitInfo::default()
    }
}

/// An endpoint as relations are told.
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
        enqueued: time(task.enqueued),
        started: task.started.map(time).unwrap_or_default(),
        completed: task.completed.map(time).unwrap_or_default(),
    }
}
