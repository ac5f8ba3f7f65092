//! Facade `SecretBackends`: the simulated controller keeps all secrets itself.

use juju_wire::{
    RemoteError,
    facade::{
        model_manager::info::{SecretBackend, SecretBackendResult},
        secret_backends::{ListSecretBackends, ListSecretBackendsArgs, ListSecretBackendsResults},
    },
};

use crate::{call::Call, methods::Methods};

/// Name of the backend that is the controller.
const OWN: &str = "internal";

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListSecretBackends>(list);
}

fn list(call: &Call, params: ListSecretBackendsArgs) -> Result<ListSecretBackendsResults, RemoteError> {
    if let Some(unknown) = params.names.iter().find(|name| *name != OWN) {
        return Err(RemoteError::not_found(format!("secret backend \"{unknown}\"")));
    }
    call.read(|state| {
        let stored: usize = state.models.values().map(|model| model.secrets.len()).sum();
        let own = SecretBackendResult {
            result: SecretBackend {
                name: OWN.to_owned(),
                backend_type: "controller".to_owned(),
                ..SecretBackend::default()
            },
            id: state.controller.uuid.clone(),
            num_secrets: i64::try_from(stored).unwrap_or(i64::MAX),
            status: "active".to_owned(),
            ..SecretBackendResult::default()
        };
        Ok(ListSecretBackendsResults { results: vec![own] })
    })
}
