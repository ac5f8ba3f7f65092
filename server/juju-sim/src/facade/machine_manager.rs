//! Facade `MachineManager`.

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    entity::{Entity, Life},
    facade::machine_manager::{
        AddMachines, DestroyMachineWithParams, RetryProvisioning,
        add::{AddMachinesParams, AddMachinesResult, AddMachinesResults},
        destroy::{DestroyMachineInfo, DestroyMachineResult, DestroyMachineResults, DestroyMachinesParams},
        instance::RetryProvisioningArgs,
    },
    tag::Tag,
};

use crate::{
    methods::{Call, Methods},
    state::{ModelAccess, Topic, Unit},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddMachines>(add);
    methods.on::<DestroyMachineWithParams>(destroy);
    methods.on::<RetryProvisioning>(retry);
}

fn add(call: &Call, params: AddMachinesParams) -> Result<AddMachinesResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    call.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let added = params.params.into_iter().map(|machine| {
            let id = model.add_machine(machine.constraints);
            AddMachinesResult { machine: id.to_string(), error: None }
        });
        Ok(AddMachinesResults { machines: added.collect() })
    })
}

fn destroy(call: &Call, params: DestroyMachinesParams) -> Result<DestroyMachineResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let results = params.machine_tags.iter().map(|tag| match one(call, tag, &params) {
        Ok(info) => DestroyMachineResult { info: Some(info), error: None },
        Err(error) => DestroyMachineResult { info: None, error: Some(error) },
    });
    Ok(DestroyMachineResults { results: results.collect() })
}

fn one(call: &Call, tag: &str, params: &DestroyMachinesParams) -> Result<DestroyMachineInfo, RemoteError> {
    let uuid = call.model_uuid()?;
    let id = Tag::parse_id("machine", tag).map_err(|error| RemoteError::plain(error.to_string()))?;
    call.write(|state| {
        let model = state.models.get_mut(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let units: Vec<_> =
            model.units.values().filter(|unit| unit.machine.as_deref() == Some(id.as_str())).map(Unit::name).collect();
        let missing = || RemoteError::not_found(format!("machine {id}"));
        let number: u32 = id.parse().map_err(|_| missing())?;
        model.machines.get(&number).ok_or_else(missing)?;
        if !units.is_empty() && !params.force && !params.dry_run {
            let message = format!("machine {id} has unit \"{}\" assigned", units.join("\", \""));
            return Err(RemoteError::new(juju_wire::Code::MachineHasAssignedUnits, message));
        }
        if !params.dry_run {
            units.iter().try_for_each(|unit| model.remove_unit(unit, true))?;
            if let Some(machine) = model.machines.get_mut(&number) {
                machine.life = Life::Dying;
                model.journal.touch(Topic::Machine(id.clone()));
            }
        }
        let destroyed_units = units.iter().map(|unit| Entity::from(Tag::new("unit", unit))).collect();
        Ok(DestroyMachineInfo { machine_id: id.clone(), destroyed_units, ..DestroyMachineInfo::default() })
    })
}

/// Tells which of the machines need no second try; simulated ones never do.
fn retry(call: &Call, params: RetryProvisioningArgs) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Admin)?;
    let uuid = call.model_uuid()?;
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let named = params.machines.iter().filter(|_| !params.all);
        let known = named.filter_map(|tag| {
            let id = Tag::parse_id("machine", tag).ok()?.parse().ok()?;
            let status = &model.machines.get(&id)?.instance.status;
            Some(RemoteError::plain(format!("machine {id} is not in an error state ({status})")))
        });
        Ok(ErrorResults { results: known.map(|error| ErrorResult { error: Some(error) }).collect() })
    })
}
