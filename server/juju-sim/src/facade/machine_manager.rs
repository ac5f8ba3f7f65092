//! Facade `MachineManager`.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    bulk::{NotifyWatchResult, NotifyWatchResults, StringsResult, StringsResults},
    code::ErrorResults,
    entity::{Entities, Entity, Life},
    facade::application::deploy::UpdateChannelArg,
    facade::machine_manager::{
        AddMachines, DestroyMachineWithParams, GetUpgradeSeriesMessages, InstanceTypes, RetryProvisioning,
        UpgradeSeriesComplete, UpgradeSeriesPrepare, WatchUpgradeSeriesNotifications,
        add::{AddMachineParams, AddMachinesParams, AddMachinesResult, AddMachinesResults},
        destroy::{DestroyMachineInfo, DestroyMachineResult, DestroyMachineResults, DestroyMachinesParams},
        instance::{
            InstanceType, InstanceTypesResult, InstanceTypesResults, ModelInstanceTypesConstraint,
            ModelInstanceTypesConstraints, RetryProvisioningArgs,
        },
    },
    facade::{
        machine_manager::series::UpgradeSeriesNotificationParams,
        notify_watcher::{Next, Stop},
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{CONTAINERS, LATEST, Machine, MachineId, Model, ModelAccess, Topic, Unit},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddMachines>(add);
    methods.on::<DestroyMachineWithParams>(destroy);
    methods.on::<RetryProvisioning>(retry);
    methods.on::<UpgradeSeriesPrepare>(|call, params| Ok(ErrorResult::of(prepare(call, &params))));
    methods.on::<UpgradeSeriesComplete>(|call, params| Ok(ErrorResult::of(complete(call, &params))));
    methods.on::<InstanceTypes>(instance_types);
    methods.on::<WatchUpgradeSeriesNotifications>(watch_upgrades);
    methods.on::<GetUpgradeSeriesMessages>(upgrade_messages);
    methods.on_waiting::<Next, _>(next_notification);
    methods.on::<Stop>(|call, ()| call.session().stop_watcher(call.object()));
}

/// Kinds of clouds with named sizes of machines; others make each machine as it is wanted (`environs.InstanceTypesFetcher`).
const WITH_INSTANCE_TYPES: [&str; 5] = ["azure", "ec2", "gce", "oci", "openstack"];
/// The one size of machines that a simulated cloud has, as models list it.
const INSTANCE_TYPE: (&str, u64, u64) = ("sim.large", 4, 8192);

/// Which sizes of machines meet constraints.
fn instance_types(call: &Call, params: ModelInstanceTypesConstraints) -> Result<InstanceTypesResults, RemoteError> {
    call.require(ModelAccess::Read)?;
    let kind = call.read_model(|model| Ok(model.cloud.kind.clone()))?;
    let one = |wanted: &ModelInstanceTypesConstraint| {
        let (name, cores, memory) = INSTANCE_TYPE;
        let wanted = wanted.value.clone().unwrap_or_default();
        let fits = wanted.cores.unwrap_or_default() <= cores
            && wanted.mem.unwrap_or_default() <= memory
            && wanted.arch.as_deref().is_none_or(|arch| ["", "amd64"].contains(&arch))
            && wanted.instance_type.as_deref().is_none_or(|wanted| ["", name].contains(&wanted));
        if !WITH_INSTANCE_TYPES.contains(&kind.as_str()) {
            let error = RemoteError::new(Code::NotSupported, "InstanceTypes not supported");
            return InstanceTypesResult { error: Some(error), ..InstanceTypesResult::default() };
        }
        if !fits {
            let error = RemoteError::plain("no instance types matching constraints");
            return InstanceTypesResult { error: Some(error), ..InstanceTypesResult::default() };
        }
        let size = InstanceType {
            name: name.to_owned(),
            arches: vec!["amd64".to_owned()],
            cpu_cores: 4,
            memory: 8192,
            ..InstanceType::default()
        };
        InstanceTypesResult { instance_types: vec![size], ..InstanceTypesResult::default() }
    };
    Ok(InstanceTypesResults { results: params.constraints.iter().map(one).collect() })
}

/// What a machine may be there for.
const JOBS: [&str; 2] = ["JobHostUnits", "JobManageModel"];

fn add(call: &Call, params: AddMachinesParams) -> Result<AddMachinesResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    call.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let added = params.params.into_iter().map(|wanted| match add_one(model, wanted) {
            Ok(id) => AddMachinesResult { machine: id.to_string(), error: None },
            Err(error) => AddMachinesResult { machine: String::new(), error: Some(error) },
        });
        Ok(AddMachinesResults { machines: added.collect() })
    })
}

/// A machine of the cloud, a container in a machine that is there, or one in a new machine.
fn add_one(model: &mut Model, mut wanted: AddMachineParams) -> Result<MachineId, RemoteError> {
    if !wanted.parent_id.is_empty() && wanted.container_type.is_empty() {
        return Err(RemoteError::plain("parent machine specified without container type"));
    }
    if let Some(place) = wanted.placement.take_if(|place| CONTAINERS.contains(&place.scope.as_str())) {
        wanted.container_type = place.scope;
        wanted.parent_id = place.directive;
    }
    let scope = wanted.placement.as_ref().map(|placement| placement.scope.as_str()).unwrap_or_default();
    if !scope.is_empty() && scope != model.uuid && scope != model.name {
        return Err(RemoteError::plain(format!("invalid model name \"{scope}\"")));
    }
    if let Some(odd) = wanted.jobs.iter().find(|job| !JOBS.contains(&job.as_str())) {
        return Err(RemoteError::plain(format!("invalid machine job \"{odd}\"")));
    }
    if wanted.jobs.is_empty() {
        return Err(RemoteError::plain("cannot add a new machine: no jobs specified"));
    }
    let preferred = model.config.get("default-base").and_then(|base| base.as_str()?.split_once('@'));
    let channel = match (wanted.base, preferred) {
        (Some(base), _) => base.channel,
        (None, Some((_, channel))) => channel.to_owned(),
        (None, None) => LATEST.to_owned(),
    };
    let channel = if channel.contains('/') { channel } else { format!("{channel}/stable") };
    if wanted.container_type.is_empty() {
        return Ok(model.add_machine(wanted.constraints, &channel));
    }
    let added = model.add_container(&wanted.parent_id, &wanted.container_type, wanted.constraints, &channel);
    added.map_err(|error| RemoteError { message: format!("cannot add a new machine: {}", error.message), ..error })
}

fn destroy(call: &Call, params: DestroyMachinesParams) -> Result<DestroyMachineResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    let one = |tag: &str| {
        let id = Tag::parse_id("machine", tag)?;
        call.write(|state| {
            let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
            if !params.force && !params.dry_run {
                check(model, &id)?;
            }
            let report = leaving(model, &id)?;
            if !params.dry_run {
                take(model, &id)?;
            }
            Ok(report)
        })
    };
    let results = params.machine_tags.iter().map(|tag| match one(tag) {
        Ok(info) => DestroyMachineResult { info: Some(info), error: None },
        Err(error) => DestroyMachineResult { info: None, error: Some(error) },
    });
    Ok(DestroyMachineResults { results: results.collect() })
}

fn units_on(model: &Model, id: &str) -> Vec<String> {
    model.units.values().filter(|unit| unit.machine.as_deref() == Some(id)).map(Unit::name).collect()
}

/// Refuses a machine that is still needed.
fn check(model: &Model, id: &str) -> Result<(), RemoteError> {
    let containers: Vec<_> = model.containers_in(id).map(|container| container.id.as_str()).collect();
    if !containers.is_empty() {
        let message = format!("machine {id} is hosting containers \"{}\"", containers.join(","));
        return Err(RemoteError::new(Code::MachineHostsContainers, message));
    }
    let units = units_on(model, id);
    if !units.is_empty() {
        let message = format!("machine {id} has unit \"{}\" assigned", units.join("\", \""));
        return Err(RemoteError::new(Code::MachineHasAssignedUnits, message));
    }
    Ok(())
}

/// What goes with a machine: units, their storage, and containers with all that is in them.
fn leaving(model: &Model, id: &str) -> Result<DestroyMachineInfo, RemoteError> {
    model.machine(id).ok_or_else(|| RemoteError::not_found(format!("machine {id}")))?;
    let units = units_on(model, id);
    let storage = units.iter().flat_map(|unit| model.storage_of(unit));
    let destroyed_storage = storage.map(|storage| Entity::from(Tag::new("storage", storage.id()))).collect();
    let container =
        |container: &Machine| Ok(DestroyMachineResult { info: Some(leaving(model, &container.id)?), error: None });
    Ok(DestroyMachineInfo {
        machine_id: id.to_owned(),
        destroyed_storage,
        destroyed_containers: model.containers_in(id).map(container).collect::<Result<_, RemoteError>>()?,
        destroyed_units: units.iter().map(|unit| Entity::from(Tag::new("unit", unit))).collect(),
        ..DestroyMachineInfo::default()
    })
}

/// Begins to remove a machine with all that is on it.
fn take(model: &mut Model, id: &str) -> Result<(), RemoteError> {
    let inside: Vec<_> = model.containers_in(id).map(|container| container.id.clone()).collect();
    inside.iter().try_for_each(|container| take(model, container))?;
    units_on(model, id).iter().try_for_each(|unit| model.remove_unit(unit, true))?;
    if let Some(machine) = model.machine_mut(id) {
        machine.life = Life::Dying;
        model.journal.mark_changed(Topic::Machine(id.to_owned()));
    }
    Ok(())
}

/// Whether a machine is between the two steps of its upgrade.
fn upgrading(call: &Call, tag: &str) -> Result<(String, bool), RemoteError> {
    call.require(ModelAccess::Write)?;
    let id = Tag::parse_id("machine", tag)?;
    call.read_model(|model| {
        if model.machine(&id).is_none() {
            return Err(RemoteError::not_found(format!("machine {id}")));
        }
        Ok((id.clone(), model.upgrading.contains(&id)))
    })
}

fn prepare(call: &Call, params: &UpdateChannelArg) -> Result<(), RemoteError> {
    let (id, under_way) = upgrading(call, &params.tag.tag)?;
    if under_way {
        return Err(RemoteError::plain(format!("machine {id} is being prepared for series upgrade")));
    }
    call.write_model(|model| {
        model.upgrading.insert(id);
        Ok(())
    })
}

fn complete(call: &Call, params: &UpdateChannelArg) -> Result<(), RemoteError> {
    let (id, under_way) = upgrading(call, &params.tag.tag)?;
    if !under_way {
        return Err(RemoteError::plain(format!(
            "machine {id} can not complete, it is either not prepared or already completed"
        )));
    }
    call.write_model(|model| {
        model.upgrading.remove(&id);
        Ok(())
    })
}

/// Watchers of the messages of upgrades.
fn watch_upgrades(call: &Call, params: Entities) -> Result<NotifyWatchResults, RemoteError> {
    let one = |tag: &str| match upgrading(call, tag) {
        Ok(_) => NotifyWatchResult { notify_watcher_id: call.session().watch(0), error: None },
        Err(error) => NotifyWatchResult { error: Some(error), ..NotifyWatchResult::default() },
    };
    Ok(NotifyWatchResults { results: params.entities.iter().map(|entity| one(&entity.tag)).collect() })
}

/// The first call returns at once. The simulated upgrade has no further message, so its watcher ends, for which the client waits.
async fn next_notification(call: Call, (): ()) -> Result<(), RemoteError> {
    let watcher = call.session().watcher(call.object())?;
    if watcher.revision == 0 {
        call.session().advance_watcher(call.object(), 1);
        return Ok(());
    }
    Err(RemoteError::new(Code::Stopped, "watcher was stopped"))
}

fn upgrade_messages(call: &Call, params: UpgradeSeriesNotificationParams) -> Result<StringsResults, RemoteError> {
    let one = |tag: &str| match upgrading(call, tag) {
        Ok((id, true)) => {
            let messages = vec![
                format!("machine {id} started upgrade of the operating system"),
                format!("machine {id} is ready for its upgrade"),
            ];
            StringsResult { result: messages, error: None }
        }
        Ok(_) => StringsResult::default(),
        Err(error) => StringsResult { error: Some(error), ..StringsResult::default() },
    };
    Ok(StringsResults { results: params.params.iter().map(|one_of| one(&one_of.entity.tag)).collect() })
}

/// Retries the provisioning of machines; simulated machines never need it.
fn retry(call: &Call, params: RetryProvisioningArgs) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let named = params.machines.iter().filter(|_| !params.all);
        let known = named.filter_map(|tag| {
            let id = Tag::parse_id("machine", tag).ok()?;
            let status = &model.machine(&id)?.instance.status;
            Some(RemoteError::plain(format!("machine {id} is not in an error state ({status})")))
        });
        Ok(ErrorResults { results: known.map(|error| ErrorResult { error: Some(error) }).collect() })
    })
}
