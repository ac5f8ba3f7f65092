//! Whole models and their clouds: dumps for support, and what `kill-controller` of the client reads before it ends them itself.

use std::collections::BTreeMap;

use juju_wire::{
    ErrorResult, RemoteError,
    bulk::{MapResult, MapResults, StringResult, StringResults},
    entity::Entities,
    facade::{
        controller::{
            CloudSpec, HostedModelConfigs,
            model::{CloudSpecResult, CloudSpecResults, HostedModelConfig, HostedModelConfigsResults},
        },
        credential_manager::{InvalidateCredentialArg, InvalidateModelCredential},
        model_manager::{DumpModels, DumpModelsDB, lifecycle::DumpModelRequest},
    },
    tag::Tag,
};
use serde_json::{Value, json};

use super::cloud;
use crate::{
    call::Call,
    methods::Methods,
    state::{Model, ModelAccess},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<DumpModels>(dump);
    methods.on::<DumpModelsDB>(dump_collections);
    methods.on::<CloudSpec>(specs);
    methods.on::<HostedModelConfigs>(hosted);
    methods.on::<InvalidateModelCredential>(|call, params| Ok(ErrorResult::of(invalidate(call, &params))));
}

/// What a model consists of, by name.
fn content(model: &Model) -> Value {
    let applications: BTreeMap<_, _> = model
        .applications
        .iter()
        .map(|(name, one)| {
            let units: Vec<_> = model.units_of(name).map(crate::state::Unit::name).collect();
            (name.clone(), json!({"charm": one.charm.name, "units": units}))
        })
        .collect();
    json!({
        "model": {"name": model.name, "owner": model.owner, "uuid": model.uuid, "cloud": model.cloud.name},
        "config": model.config,
        "applications": applications,
        "machines": model.machines.keys().map(ToString::to_string).collect::<Vec<_>>(),
        "relations": model.relations.keys().collect::<Vec<_>>(),
    })
}

/// Reads a model by its tag, for its administrators.
fn read_model(call: &Call, tag: &str) -> Result<Value, RemoteError> {
    let uuid = Tag::parse_id("model", tag)?;
    call.require_on(&uuid, ModelAccess::Admin)?;
    call.read(|state| state.models.get(&uuid).map(content)).ok_or_else(|| RemoteError::not_found("model"))
}

fn dump(call: &Call, params: DumpModelRequest) -> Result<StringResults, RemoteError> {
    let one = |tag: &str| {
        let mut whole = read_model(call, tag)?;
        if params.simplified {
            // what only a restore needs
            whole["relations"] = json!([]);
        }
        serde_yaml::to_string(&whole).map_err(|error| RemoteError::plain(error.to_string()))
    };
    let results = params.entities.iter().map(|entity| match one(&entity.tag) {
        Ok(result) => StringResult { result, error: None },
        Err(error) => StringResult { error: Some(error), ..StringResult::default() },
    });
    Ok(StringResults { results: results.collect() })
}

fn dump_collections(call: &Call, params: Entities) -> Result<MapResults, RemoteError> {
    let results = params.entities.iter().map(|entity| match read_model(call, &entity.tag) {
        Ok(Value::Object(members)) => MapResult { result: members.into_iter().collect(), error: None },
        Ok(_) => MapResult::default(),
        Err(error) => MapResult { error: Some(error), ..MapResult::default() },
    });
    Ok(MapResults { results: results.collect() })
}

fn specs(call: &Call, params: Entities) -> Result<CloudSpecResults, RemoteError> {
    call.require_superuser()?;
    let one = |tag: &str| {
        let uuid = Tag::parse_id("model", tag)?;
        let spec = call.read(|state| state.models.get(&uuid).map(|model| cloud::spec(&model.cloud)));
        spec.ok_or_else(|| RemoteError::not_found(format!("model \"{uuid}\"")))
    };
    let results = params.entities.iter().map(|entity| match one(&entity.tag) {
        Ok(spec) => CloudSpecResult { result: Some(spec), error: None },
        Err(error) => CloudSpecResult { result: None, error: Some(error) },
    });
    Ok(CloudSpecResults { results: results.collect() })
}

/// The models beside the controller's own.
fn hosted(call: &Call, (): ()) -> Result<HostedModelConfigsResults, RemoteError> {
    call.require_superuser()?;
    let one = |model: &Model| HostedModelConfig {
        name: model.name.clone(),
        owner: Tag::new("user", &model.owner).to_string(),
        config: model.config.clone(),
        cloud_spec: Some(cloud::spec(&model.cloud)),
        error: None,
    };
    let models = call.read(|state| state.models.values().filter(|model| model.name != "controller").map(one).collect());
    Ok(HostedModelConfigsResults { models })
}

/// Suspends a model, as its cloud does that refuses the credential.
fn invalidate(call: &Call, params: &InvalidateCredentialArg) -> Result<(), RemoteError> {
    call.write_model_as(ModelAccess::Admin, |model| {
        model.invalid_credential = Some(params.reason.clone());
        Ok(())
    })
}
