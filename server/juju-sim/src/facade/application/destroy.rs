//! Removing applications and units.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    entity::{Entity, Life},
    facade::application::{
        DestroyApplication, DestroyConsumedApplications, DestroyUnit,
        consume::DestroyConsumedApplicationsParams,
        destroy::{
            DestroyApplicationInfo, DestroyApplicationParams, DestroyApplicationResult, DestroyApplicationResults,
            DestroyApplicationsParams, DestroyUnitInfo, DestroyUnitParams, DestroyUnitResult, DestroyUnitResults,
            DestroyUnitsParams,
        },
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{Kind, Model, ModelAccess, Topic, Unit},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<DestroyApplication>(applications);
    methods.on::<DestroyUnit>(units);
    methods.on::<DestroyConsumedApplications>(consumed);
}

fn id(kind: &str, tag: &str) -> Result<String, RemoteError> {
    Tag::parse_id(kind, tag).map_err(RemoteError::from)
}

fn applications(call: &Call, params: DestroyApplicationsParams) -> Result<DestroyApplicationResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    let results = params.applications.iter().map(|params| match application(call, params) {
        Ok(info) => DestroyApplicationResult { info: Some(info), error: None },
        Err(error) => DestroyApplicationResult { info: None, error: Some(error) },
    });
    Ok(DestroyApplicationResults { results: results.collect() })
}

fn application(call: &Call, params: &DestroyApplicationParams) -> Result<DestroyApplicationInfo, RemoteError> {
    let name = id("application", &params.application_tag)?;
    let (units, storage): (Vec<String>, _) = call.read_model(|model| {
        model.application(&name)?;
        let units: Vec<_> = model.units_of(&name).map(Unit::name).collect();
        let storage = units.iter().map(|unit| leaving(model, unit, params.destroy_storage));
        Ok((units.clone(), storage.collect::<Vec<_>>()))
    })?;
    if !params.dry_run {
        call.write_model(|model| {
            model.application_mut(&name)?.life = Life::Dying;
            units.iter().try_for_each(|unit| remove(model, unit, params.force, params.destroy_storage))
        })?;
    }
    let destroyed_units = units.iter().map(|unit| Entity::from(Tag::new("unit", unit))).collect();
    let (destroyed, detached): (Vec<_>, Vec<_>) = storage.into_iter().unzip();
    Ok(DestroyApplicationInfo {
        destroyed_units,
        destroyed_storage: destroyed.into_iter().flatten().collect(),
        detached_storage: detached.into_iter().flatten().collect(),
    })
}

/// Storage that is destroyed with a unit, and storage that is detached.
fn leaving(model: &Model, unit: &str, destroy: bool) -> (Vec<Entity>, Vec<Entity>) {
    let tags = model.storage_of(unit).map(|storage| Entity::from(Tag::new("storage", storage.id()))).collect();
    if model.kind == Kind::Caas && !destroy { (Vec::new(), tags) } else { (tags, Vec::new()) }
}

fn remove(model: &mut Model, unit: &str, force: bool, destroy_storage: bool) -> Result<(), RemoteError> {
    model.unit_mut(unit)?.destroys_storage = destroy_storage;
    model.remove_unit(unit, force)
}

fn units(call: &Call, params: DestroyUnitsParams) -> Result<DestroyUnitResults, RemoteError> {
    call.read_model(|model| match model.kind {
        Kind::Iaas => Ok(()),
        // the real server's words, though it is a container model that cannot
        Kind::Caas => {
            Err(RemoteError::new(Code::NotSupported, "removing units on a non-container model not supported"))
        }
    })?;
    let unit = |params: &DestroyUnitParams| {
        let name = id("unit", &params.unit_tag)?;
        let (destroyed_storage, detached_storage) = call.read_model(|model| {
            let unit = model.unit(&name).map_err(|_| RemoteError::plain(format!("unit \"{name}\" does not exist")))?;
            if unit.principal.is_some() {
                let message = format!(
                    "unit \"{name}\" is a subordinate, to remove use remove-relation. Note: this will remove all units of \"{}\"",
                    unit.application
                );
                return Err(RemoteError::plain(message));
            }
            Ok(leaving(model, &name, params.destroy_storage))
        })?;
        if !params.dry_run {
            call.write_model(|model| remove(model, &name, params.force, params.destroy_storage))?;
        }
        Ok(DestroyUnitInfo { destroyed_storage, detached_storage })
    };
    let results = params.units.iter().map(|params| match unit(params) {
        Ok(info) => DestroyUnitResult { info: Some(info), error: None },
        Err(error) => DestroyUnitResult { info: None, error: Some(error) },
    });
    Ok(DestroyUnitResults { results: results.collect() })
}

fn consumed(call: &Call, params: DestroyConsumedApplicationsParams) -> Result<ErrorResults, RemoteError> {
    let remove = |tag: &str| {
        let name = id("application", tag)?;
        call.write_model(|model| {
            let missing = || RemoteError::not_found(format!("saas application \"{name}\""));
            model.remote_applications.remove(&name).ok_or_else(missing)?;
            model.journal.mark_changed(Topic::RemoteApplication(name.clone()));
            let broken: Vec<_> =
                model.relations.values().filter(|relation| relation.has(&name)).map(|relation| relation.id).collect();
            for relation in broken {
                model.relations.remove(&relation);
                model.journal.mark_changed(Topic::Relation(relation));
            }
            Ok(())
        })
    };
    Ok(ErrorResults {
        results: params.applications.iter().map(|params| ErrorResult::of(remove(&params.application_tag))).collect(),
    })
}
