//! Adding units, scaling, and resolving failed hooks.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    facade::application::{
        AddUnits, ResolveUnitErrors, ScaleApplications,
        info::ScaleApplicationResults,
        scale::ScaleApplicationsParamsV2,
        unit::{AddApplicationUnits, AddApplicationUnitsResults, UnitsResolved},
    },
    tag::Tag,
};

use super::change;
use crate::{
    methods::{Call, Methods},
    state::{Model, Status, Unit},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddUnits>(add);
    methods.on::<ResolveUnitErrors>(resolve);
    methods.on::<ScaleApplications>(scale);
}

fn add(call: &Call, params: AddApplicationUnits) -> Result<AddApplicationUnitsResults, RemoteError> {
    change(call, |model| {
        model.application(&params.application)?;
        if params.num_units < 1 {
            return Err(RemoteError::plain("must add at least one unit"));
        }
        let before: Vec<_> = model.units_of(&params.application).map(Unit::name).collect();
        super::deploy::add_units(model, &params.application, params.num_units, &params.placement)?;
        let units = model.units_of(&params.application).map(Unit::name).filter(|name| !before.contains(name)).collect();
        Ok(AddApplicationUnitsResults { units })
    })
}

fn resolve(call: &Call, params: UnitsResolved) -> Result<ErrorResults, RemoteError> {
    change(call, |model| {
        let names: Vec<String> = if params.all {
            model.units.values().filter(|unit| unit.in_error()).map(Unit::name).collect()
        } else {
            let id = |tag: &str| Tag::parse_id("unit", tag).map_err(|error| RemoteError::plain(error.to_string()));
            params.tags.entities.iter().map(|entity| id(&entity.tag)).collect::<Result<_, _>>()?
        };
        Ok(ErrorResults {
            results: names.iter().map(|name| ErrorResult::of(resolve_one(model, name, params.retry))).collect(),
        })
    })
}

/// A hook that is retried runs again, and fails again while its fault lasts; one that is not is passed over.
fn resolve_one(model: &mut Model, name: &str, retry: bool) -> Result<(), RemoteError> {
    let unit = model.unit_mut(name)?;
    if !unit.in_error() {
        return Err(RemoteError::plain(format!("unit \"{name}\" is not in an error state")));
    }
    unit.workload = Status::now("maintenance", "");
    unit.due = None;
    if !retry {
        unit.failing = None;
    }
    Ok(())
}

fn scale(_: &Call, _: ScaleApplicationsParamsV2) -> Result<ScaleApplicationResults, RemoteError> {
    Err(RemoteError::new(Code::NotSupported, "scaling applications on a non-container model not supported"))
}
