//! Facade `Application`: applications, their units, options and relations.

mod binding;
mod config;
mod deploy;
mod destroy;
mod info;
mod relation;
mod unit;

use juju_wire::{
    RemoteError,
    facade::{
        application::{
            Expose, Unexpose,
            expose::{ApplicationExpose, ApplicationUnexpose},
        },
        client::application::ExposedEndpoint,
    },
};

use crate::{call::Call, methods::Methods};

pub(super) fn register(methods: &mut Methods) {
    binding::register(methods);
    config::register(methods);
    deploy::register(methods);
    destroy::register(methods);
    info::register(methods);
    relation::register(methods);
    unit::register(methods);
    methods.on::<Expose>(expose);
    methods.on::<Unexpose>(unexpose);
}

/// The default access to an exposed endpoint: all networks.
fn from_everywhere() -> ExposedEndpoint {
    ExposedEndpoint { expose_to_cidrs: vec!["0.0.0.0/0".to_owned(), "::/0".to_owned()], ..ExposedEndpoint::default() }
}

fn expose(call: &Call, params: ApplicationExpose) -> Result<(), RemoteError> {
    call.write_model(|model| {
        let spaces_known = model.spaces.clone();
        let application = model.application_mut(&params.application)?;
        let charm = &application.charm;
        let known = |name: &String| name.is_empty() || charm.endpoints().any(|(_, known, _)| known == name);
        if let Some(unknown) = params.exposed_endpoints.keys().find(|name| !known(name)) {
            return Err(RemoteError::not_found(format!("endpoint \"{unknown}\"")));
        }
        let spaces = params.exposed_endpoints.values().flat_map(|exposed| &exposed.expose_to_spaces);
        if let Some(unknown) = spaces.into_iter().find(|name| !spaces_known.contains(name)) {
            return Err(RemoteError::not_found(format!("space \"{unknown}\"")));
        }
        application.exposed = true;
        if params.exposed_endpoints.is_empty() {
            application.exposed_endpoints.insert(String::new(), from_everywhere());
        }
        for (endpoint, mut exposed) in params.exposed_endpoints {
            if exposed.expose_to_spaces.is_empty() && exposed.expose_to_cidrs.is_empty() {
                exposed = from_everywhere();
            }
            application.exposed_endpoints.insert(endpoint, exposed);
        }
        Ok(())
    })
}

fn unexpose(call: &Call, params: ApplicationUnexpose) -> Result<(), RemoteError> {
    call.write_model(|model| {
        let application = model.application_mut(&params.application)?;
        let unknown = params.exposed_endpoints.iter().find(|name| !application.exposed_endpoints.contains_key(*name));
        if let Some(unknown) = unknown {
            return Err(RemoteError::not_found(format!("endpoint \"{unknown}\"")));
        }
        if params.exposed_endpoints.is_empty() {
            application.exposed_endpoints.clear();
        }
        application.exposed_endpoints.retain(|endpoint, _| !params.exposed_endpoints.contains(endpoint));
        application.exposed = !application.exposed_endpoints.is_empty();
        Ok(())
    })
}
