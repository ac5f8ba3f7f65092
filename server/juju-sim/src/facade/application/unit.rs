//! Adding units, scaling, and resolving failed hooks.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    entity::Life,
    facade::application::{
        AddUnits, ResolveUnitErrors, ScaleApplications,
        info::{ScaleApplicationInfo, ScaleApplicationResult, ScaleApplicationResults},
        scale::{ScaleApplicationParamsV2, ScaleApplicationsParamsV2},
        unit::{AddApplicationUnits, AddApplicationUnitsResults, UnitsResolved},
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{Kind, Model, Status, Unit},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddUnits>(add);
    methods.on::<ResolveUnitErrors>(resolve);
    methods.on::<ScaleApplications>(scale);
}

fn add(call: &Call, params: AddApplicationUnits) -> Result<AddApplicationUnitsResults, RemoteError> {
    call.write_model(|model| {
        if model.kind == Kind::Caas {
            return Err(RemoteError::new(Code::NotSupported, "adding units to a container-based model not supported"));
        }
        let name = &params.application;
        if !super::deploy::is_valid(name) {
            return Err(RemoteError::plain(format!("\"{name}\" is not a valid application name")));
        }
        let subordinate = model.application(name)?.charm.subordinate;
        if params.num_units < 1 {
            return Err(RemoteError::plain("must add at least one unit"));
        }
        if subordinate {
            let message = format!(
                "cannot add unit 1/{} to application \"{name}\": cannot add unit to application \"{name}\": application is a subordinate",
                params.num_units
            );
            return Err(RemoteError::plain(message));
        }
        for tag in &params.attach_storage {
            let id = Tag::parse_id("storage", tag)?;
            let known = model.storage.values().find(|storage| storage.id() == id);
            if let Some(unit) = known.and_then(|storage| storage.unit.as_ref()) {
                return Err(RemoteError::plain(format!("cannot attach storage {id}: it is attached to unit \"{unit}\"")));
            }
            if known.is_none() {
                return Err(RemoteError::not_found(format!(
                    "cannot add unit 1/{} to application \"{name}\": cannot add unit to application \"{name}\": attaching storage {id}: storage instance \"{id}\"",
                    params.num_units
                )));
            }
        }
        let before: Vec<_> = model.units_of(&params.application).map(Unit::name).collect();
        super::deploy::add_units(model, &params.application, params.num_units, &params.placement, false)?;
        let units = model.units_of(&params.application).map(Unit::name).filter(|name| !before.contains(name)).collect();
        Ok(AddApplicationUnitsResults { units })
    })
}

fn resolve(call: &Call, params: UnitsResolved) -> Result<ErrorResults, RemoteError> {
    call.write_model(|model| {
        let named = params.tags.entities.iter();
        let results = named.map(|entity| {
            let name = Tag::parse_id("unit", &entity.tag)?;
            resolve_one(model, &name, params.retry)
        });
        let results = results.map(ErrorResult::of).collect();
        if params.all {
            let failed: Vec<_> = model.units.values().filter(|unit| unit.in_error()).map(Unit::name).collect();
            failed.iter().try_for_each(|name| resolve_one(model, name, params.retry))?;
        }
        Ok(ErrorResults { results })
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

fn scale(call: &Call, params: ScaleApplicationsParamsV2) -> Result<ScaleApplicationResults, RemoteError> {
    call.write_model(|model| {
        if model.kind == Kind::Iaas {
            let message = "scaling applications on a non-container model not supported";
            return Err(RemoteError::new(Code::NotSupported, message));
        }
        let results = params.applications.iter().map(|wanted| match scale_one(model, wanted) {
            Ok(scale) => ScaleApplicationResult {
                info: Some(ScaleApplicationInfo { num_units: scale.into() }),
                ..ScaleApplicationResult::default()
            },
            Err(error) => ScaleApplicationResult { error: Some(error), ..ScaleApplicationResult::default() },
        });
        Ok(ScaleApplicationResults { results: results.collect() })
    })
}

/// Gives an application another number of pods: the highest go first, and new ones take the lowest free numbers.
fn scale_one(model: &mut Model, wanted: &ScaleApplicationParamsV2) -> Result<u32, RemoteError> {
    let invalid = |what: &str| RemoteError::new(Code::NotValid, format!("{what} not valid"));
    if wanted.scale < 0 && wanted.scale_change == 0 {
        return Err(invalid("scale < 0"));
    }
    if wanted.scale != 0 && wanted.scale_change != 0 {
        return Err(invalid("requesting both scale and scale-change"));
    }
    let tag = &wanted.application_tag;
    let name = Tag::parse_id("application", tag)?;
    let missing = || RemoteError::plain(format!("application \"{name}\" does not exist"));
    let now = model.applications.get(&name).ok_or_else(missing)?.scale;
    let scale = if wanted.scale_change == 0 { wanted.scale } else { i64::from(now) + wanted.scale_change };
    let scale = u32::try_from(scale).map_err(|_| invalid("cannot remove more units than currently exist"))?;
    model.application_mut(&name)?.scale = scale;
    let alive: Vec<_> = model.units_of(&name).filter(|unit| unit.life == Life::Alive).map(Unit::name).collect();
    let stored = usize::try_from(scale).unwrap_or(usize::MAX);
    for unit in alive.iter().skip(stored) {
        model.remove_unit(unit, false)?;
    }
    for _ in alive.len()..stored {
        model.add_unit(&name, None)?;
    }
    Ok(scale)
}
