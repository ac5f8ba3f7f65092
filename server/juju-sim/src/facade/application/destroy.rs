//! Removing applications and units.

use juju_wire::{
    ErrorResult, RemoteError,
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

use super::{change, look};
use crate::{
    methods::{Call, Methods},
    state::{ModelAccess, Topic, Unit},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<DestroyApplication>(applications);
    methods.on::<DestroyUnit>(units);
    methods.on::<DestroyConsumedApplications>(consumed);
}

fn id(kind: &str, tag: &str) -> Result<String, RemoteError> {
    Tag::parse_id(kind, tag).map_err(|error| RemoteError::plain(error.to_string()))
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
    let units: Vec<String> = look(call, |model| {
        model.application(&name)?;
        Ok(model.units_of(&name).map(Unit::name).collect())
    })?;
    if !params.dry_run {
        change(call, |model| {
            model.application_mut(&name)?.life = Life::Dying;
            units.iter().try_for_each(|unit| model.remove_unit(unit, params.force))
        })?;
    }
    let destroyed_units = units.iter().map(|unit| Entity::from(Tag::new("unit", unit))).collect();
    Ok(DestroyApplicationInfo { destroyed_units, ..DestroyApplicationInfo::default() })
}

fn units(call: &Call, params: DestroyUnitsParams) -> Result<DestroyUnitResults, RemoteError> {
    let unit = |params: &DestroyUnitParams| {
        let name = id("unit", &params.unit_tag)?;
        look(call, |model| {
            model.unit(&name).map(drop).map_err(|_| RemoteError::plain(format!("unit \"{name}\" does not exist")))
        })?;
        if params.dry_run {
            return look(call, |model| model.unit(&name).map(drop));
        }
        change(call, |model| model.remove_unit(&name, params.force))
    };
    let results = params.units.iter().map(|params| match unit(params) {
        Ok(()) => DestroyUnitResult { info: Some(DestroyUnitInfo::default()), error: None },
        Err(error) => DestroyUnitResult { info: None, error: Some(error) },
    });
    Ok(DestroyUnitResults { results: results.collect() })
}

fn consumed(call: &Call, params: DestroyConsumedApplicationsParams) -> Result<ErrorResults, RemoteError> {
    let remove = |tag: &str| {
        let name = id("application", tag)?;
        change(call, |model| {
            let missing = || RemoteError::not_found(format!("remote application \"{name}\""));
            model.remote_applications.remove(&name).ok_or_else(missing)?;
            let broken: Vec<_> =
                model.relations.values().filter(|relation| relation.has(&name)).map(|relation| relation.id).collect();
            for relation in broken {
                model.relations.remove(&relation);
                model.journal.touch(Topic::Relation(relation));
            }
            Ok(())
        })
    };
    Ok(ErrorResults {
        results: params.applications.iter().map(|params| ErrorResult::of(remove(&params.application_tag))).collect(),
    })
}
