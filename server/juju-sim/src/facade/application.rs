//! Facade `Application`: applications, their units, options and relations.

mod config;
mod deploy;
mod destroy;
mod info;
mod relation;
mod unit;

use juju_wire::{
    RemoteError,
    facade::application::{
        Expose, Unexpose,
        expose::{ApplicationExpose, ApplicationUnexpose},
    },
};

use crate::{
    methods::{Call, Methods},
    state::{Model, ModelAccess},
};

pub(super) fn register(methods: &mut Methods) {
    config::register(methods);
    deploy::register(methods);
    destroy::register(methods);
    info::register(methods);
    relation::register(methods);
    unit::register(methods);
    methods.on::<Expose>(expose);
    methods.on::<Unexpose>(unexpose);
}

/// Looks at the connection's model.
fn look<T>(call: &Call, look: impl FnOnce(&Model) -> Result<T, RemoteError>) -> Result<T, RemoteError> {
    call.require(ModelAccess::Read)?;
    let uuid = call.model_uuid()?;
    call.read(|state| state.models.get(uuid).map(look)).unwrap_or_else(|| Err(RemoteError::not_found("model")))
}

/// Changes the connection's model.
fn change<T>(call: &Call, change: impl FnOnce(&mut Model) -> Result<T, RemoteError>) -> Result<T, RemoteError> {
    call.require(ModelAccess::Write)?;
    let uuid = call.model_uuid()?;
    call.write(|state| state.models.get_mut(uuid).map(change)).unwrap_or_else(|| Err(RemoteError::not_found("model")))
}

fn expose(call: &Call, params: ApplicationExpose) -> Result<(), RemoteError> {
    change(call, |model| {
        let application = model.application_mut(&params.application)?;
        application.exposed = true;
        application.exposed_endpoints.extend(params.exposed_endpoints);
        Ok(())
    })
}

fn unexpose(call: &Call, params: ApplicationUnexpose) -> Result<(), RemoteError> {
    change(call, |model| {
        let application = model.application_mut(&params.application)?;
        if params.exposed_endpoints.is_empty() {
            application.exposed_endpoints.clear();
        }
        application.exposed_endpoints.retain(|endpoint, _| !params.exposed_endpoints.contains(endpoint));
        application.exposed = !application.exposed_endpoints.is_empty();
        Ok(())
    })
}
