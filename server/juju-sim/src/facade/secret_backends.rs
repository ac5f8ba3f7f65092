//! Facade `SecretBackends`: the simulated controller stores all secrets itself; other backends are known and hold none.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    facade::{
        model_manager::info::{SecretBackend, SecretBackendResult},
        secret_backends::{
            AddSecretBackendArg, AddSecretBackendArgs, AddSecretBackends, ListSecretBackends, ListSecretBackendsArgs,
            ListSecretBackendsResults, RemoveSecretBackendArg, RemoveSecretBackendArgs, RemoveSecretBackends,
            UpdateSecretBackendArg, UpdateSecretBackendArgs, UpdateSecretBackends,
        },
    },
};
use serde_json::Value;

use crate::{call::Call, methods::Methods, state::State};

/// Name of the backend that is the controller.
const OWN: &str = "internal";
/// Options that only an administrator who asks for them sees.
const SECRET: [&str; 2] = ["token", "client-key"];

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListSecretBackends>(list);
    methods.on::<AddSecretBackends>(add);
    methods.on::<UpdateSecretBackends>(update);
    methods.on::<RemoveSecretBackends>(remove);
}

fn own(state: &State) -> SecretBackendResult {
    let stored: usize = state.models.values().map(|model| model.secrets.len()).sum();
    SecretBackendResult {
        result: SecretBackend {
            name: OWN.to_owned(),
            backend_type: "controller".to_owned(),
            ..SecretBackend::default()
        },
        id: state.controller.uuid.clone(),
        num_secrets: i64::try_from(stored).unwrap_or(i64::MAX),
        status: "active".to_owned(),
        ..SecretBackendResult::default()
    }
}

fn list(call: &Call, params: ListSecretBackendsArgs) -> Result<ListSecretBackendsResults, RemoteError> {
    let reveal = params.reveal && call.require_superuser().is_ok();
    call.read(|state| {
        let others = state.controller.secret_backends.iter().map(|(name, backend)| {
            let mut result = backend.clone();
            result.name.clone_from(name);
            result.config.retain(|option, _| reveal || !SECRET.contains(&option.as_str()));
            SecretBackendResult {
                result,
                id: name.clone(),
                status: "active".to_owned(),
                ..SecretBackendResult::default()
            }
        });
        let all: Vec<_> = std::iter::once(own(state)).chain(others).collect();
        if let Some(unknown) = params.names.iter().find(|name| all.iter().all(|one| one.result.name != **name)) {
            return Err(RemoteError::not_found(format!("secret backend \"{unknown}\"")));
        }
        let wanted = |one: &SecretBackendResult| params.names.is_empty() || params.names.contains(&one.result.name);
        Ok(ListSecretBackendsResults { results: all.into_iter().filter(wanted).collect() })
    })
}

fn add(call: &Call, params: AddSecretBackendArgs) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    let one = |arg: AddSecretBackendArg| {
        call.write(|state| {
            if arg.name == OWN || state.controller.secret_backends.contains_key(&arg.name) {
                let message = format!("secret backend \"{}\" already exists", arg.name);
                return Err(RemoteError::new(Code::AlreadyExists, message));
            }
            let endpoint = arg.config.get("endpoint").and_then(Value::as_str).unwrap_or_default();
            if endpoint.is_empty() {
                return Err(RemoteError::new(Code::NotValid, "endpoint: expected string, got nothing"));
            }
            let backend = SecretBackend {
                name: arg.name.clone(),
                backend_type: arg.backend_type,
                token_rotate_interval: arg.token_rotate_interval,
                config: arg.config,
            };
            state.controller.secret_backends.insert(arg.name, backend);
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.args.into_iter().map(one).map(ErrorResult::of).collect() })
}

fn update(call: &Call, params: UpdateSecretBackendArgs) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    let one = |arg: UpdateSecretBackendArg| {
        call.write(|state| {
            let missing = || RemoteError::not_found(format!("secret backend \"{}\"", arg.name));
            let mut backend = state.controller.secret_backends.remove(&arg.name).ok_or_else(missing)?;
            backend.config.extend(arg.config.clone());
            backend.config.retain(|option, _| !arg.reset.contains(option));
            backend.token_rotate_interval = arg.token_rotate_interval.or(backend.token_rotate_interval);
            let name = arg.name_change.clone().unwrap_or_else(|| arg.name.clone());
            state.controller.secret_backends.insert(name, backend);
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.args.into_iter().map(one).map(ErrorResult::of).collect() })
}

fn remove(call: &Call, params: RemoveSecretBackendArgs) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    let one = |arg: RemoveSecretBackendArg| {
        call.write(|state| {
            let missing = || RemoteError::not_found(format!("secret backend \"{}\"", arg.name));
            state.controller.secret_backends.remove(&arg.name).map(drop).ok_or_else(missing)
        })
    };
    Ok(ErrorResults { results: params.args.into_iter().map(one).map(ErrorResult::of).collect() })
}
