//! Facade `ModelUpgrader`: the versions of agents. All models of the simulated controller have its own version.

use juju_wire::{
    Code, RemoteError,
    facade::model_upgrader::{AbortModelUpgrade, ModelParam, UpgradeModel, UpgradeModelParams, UpgradeModelResult},
    tag::Tag,
};

use crate::{call::Call, methods::Methods, state::ModelAccess};

/// Versions that the simulated stream has, oldest first.
const AVAILABLE: [&str; 2] = ["3.6.11", "3.6.12"];
/// A version that leaves the choice to the controller.
const ANY: &str = "0.0.0";

pub(super) fn register(methods: &mut Methods) {
    methods.on::<UpgradeModel>(upgrade);
    methods.on::<AbortModelUpgrade>(|call, params: ModelParam| {
        let uuid = Tag::parse_id("model", &params.model_tag)?;
        call.require_on(&uuid, ModelAccess::Admin)
    });
}

fn upgrade(call: &Call, params: UpgradeModelParams) -> Result<UpgradeModelResult, RemoteError> {
    let uuid = Tag::parse_id("model", &params.model_tag)?;
    call.require_on(&uuid, ModelAccess::Admin)?;
    let (is_own, current) = call.read(|state| {
        let model = state.models.get(&uuid);
        (model.is_some_and(|model| model.name == "controller"), state.controller.agent_version.clone())
    });
    let failed = |error| Ok(UpgradeModelResult { chosen_version: String::new(), error: Some(error) });
    let wanted = match params.target_version.as_str() {
        "" | ANY if is_own => AVAILABLE[AVAILABLE.len() - 1],
        "" | ANY => current.as_str(),
        wanted => wanted,
    };
    if wanted == current {
        return failed(RemoteError::new(Code::AlreadyExists, format!("up to date: version {current}")));
    }
    if !AVAILABLE.contains(&wanted) {
        let message = "no matching agent binaries available".to_owned();
        return failed(RemoteError::new(Code::NotFound, message));
    }
    if !is_own {
        let message = format!(
            "model cannot be upgraded to {wanted} while the controller is {current}: upgrade 'controller' model first"
        );
        return failed(RemoteError::plain(message));
    }
    let chosen_version = wanted.to_owned();
    if !params.dry_run {
        call.write(|state| state.controller.agent_version.clone_from(&chosen_version));
    }
    Ok(UpgradeModelResult { chosen_version, error: None })
}
