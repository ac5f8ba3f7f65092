//! The end of the controller, its dashboard, and models that move to another controller.

use juju_wire::{
    Code, RemoteError,
    entity::Life,
    facade::controller::{
        DashboardConnectionInfo, DestroyController, InitiateMigration,
        dashboard::DashboardConnection,
        migration::{InitiateMigrationArgs, InitiateMigrationResult, InitiateMigrationResults, MigrationSpec},
        model::DestroyControllerArgs,
    },
    tag::Tag,
};

use crate::{call::Call, methods::Methods, state::Model};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<DestroyController>(destroy);
    methods.on::<InitiateMigration>(migrate);
    methods.on::<DashboardConnectionInfo>(|_, ()| {
        let error = RemoteError::not_found("dashboard");
        Ok(DashboardConnection { error: Some(error), ..DashboardConnection::default() })
    });
}

/// Models other than the controller's own.
fn hosted(models: &std::collections::BTreeMap<String, Model>) -> impl Iterator<Item = &Model> {
    models.values().filter(|model| model.name != "controller")
}

fn destroy(call: &Call, params: DestroyControllerArgs) -> Result<(), RemoteError> {
    call.require_superuser()?;
    call.write(|state| {
        let count = hosted(&state.models).count();
        if count > 0 && !params.destroy_models {
            let message = format!("failed to destroy model: hosting {count} other models");
            return Err(RemoteError::new(Code::ControllerHasHostedModels, message));
        }
        if hosted(&state.models).any(|model| !model.blocks.is_empty()) {
            return Err(RemoteError::new(Code::OperationBlocked, "found blocks in controller models"));
        }
        let has_storage = hosted(&state.models).any(|model| !model.storage.is_empty());
        if has_storage && params.destroy_storage.is_none() {
            return Err(RemoteError::new(Code::PersistentStorage, "model contains persistent storage"));
        }
        for model in state.models.values_mut().filter(|model| model.name != "controller") {
            model.life = Life::Dying;
            let units: Vec<_> = model.units.values().map(crate::state::Unit::name).collect();
            for application in model.applications.values_mut() {
                application.life = Life::Dying;
            }
            units.iter().try_for_each(|unit| model.remove_unit(unit, true))?;
        }
        Ok(())
    })
}

fn migrate(call: &Call, params: InitiateMigrationArgs) -> Result<InitiateMigrationResults, RemoteError> {
    call.require_superuser()?;
    let one = |spec: &MigrationSpec| {
        let uuid = Tag::parse_id("model", &spec.model_tag)?;
        call.write(|state| {
            let model = state.models.get(&uuid).ok_or_else(|| RemoteError::new(Code::NotFound, "model not found"))?;
            if model.name == "controller" {
                return Err(RemoteError::plain("controller model cannot be migrated"));
            }
            if state.controller.migrations.contains(&uuid) {
                return Err(RemoteError::new(Code::MigrationInProgress, "already in progress"));
            }
            state.controller.migrations.insert(uuid.clone());
            Ok(format!("{uuid}:0"))
        })
    };
    let results = params.specs.iter().map(|spec| match one(spec) {
        Ok(migration_id) => InitiateMigrationResult { model_tag: spec.model_tag.clone(), migration_id, error: None },
        Err(error) => InitiateMigrationResult {
            model_tag: spec.model_tag.clone(),
            error: Some(error),
            ..InitiateMigrationResult::default()
        },
    });
    Ok(InitiateMigrationResults { results: results.collect() })
}
