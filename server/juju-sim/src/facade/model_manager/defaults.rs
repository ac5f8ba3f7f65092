//! Defaults of model settings, for a cloud and for its region.

use std::collections::BTreeMap;

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    entity::Entities,
    facade::model_manager::{
        ModelDefaultsForClouds, SetModelDefaults, UnsetModelDefaults,
        defaults::{
            ModelDefaultValues, ModelDefaults, ModelDefaultsResult, ModelDefaultsResults, ModelUnsetKeys,
            RegionDefaults, SetModelDefaultsParams, UnsetModelDefaultsParams,
        },
    },
};
use serde_json::{Value, json};

use crate::{
    call::Call,
    facade::{cloud, model_config},
    methods::Methods,
    state::{Cloud, Kind, State},
};

/// Settings that each model has for itself.
const OF_A_MODEL: [&str; 2] = ["agent-version", "default-series"];
/// Settings that every model has, and of which the default is nothing.
const WITHOUT: [&str; 2] = ["logging-config", "resource-tags"];
/// Settings of models in clusters.
const IN_CLUSTERS: [&str; 2] = ["operator-storage", "workload-storage"];

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ModelDefaultsForClouds>(show);
    methods.on::<SetModelDefaults>(set);
    methods.on::<UnsetModelDefaults>(unset);
}

/// The key of stored defaults: for all of a cloud (the controller's own where none is named), or for its region.
fn place(state: &State, tag: &str, region: &str) -> Result<(String, String), RemoteError> {
    let cloud = if tag.is_empty() { state.controller.cloud.clone() } else { cloud::named(state, tag)?.clone() };
    if !region.is_empty() && region != cloud.region {
        return Err(RemoteError::not_found(format!("region \"{region}\"")));
    }
    Ok((cloud.name, region.to_owned()))
}

fn show(call: &Call, params: Entities) -> Result<ModelDefaultsResults, RemoteError> {
    call.require_superuser()?;
    call.read(|state| {
        let one = |tag: &str| {
            let cloud = cloud::named(state, tag)?;
            let stored = |region: &str| state.controller.model_defaults.get(&(cloud.name.clone(), region.to_owned()));
            let default = |value| ModelDefaults { default_value: value, ..ModelDefaults::default() };
            let mut config: BTreeMap<_, _> =
                model_config::shipped().into_iter().map(|(name, value)| (name, default(value))).collect();
            config.retain(|name, _| !OF_A_MODEL.contains(&name.as_str()));
            config.extend(cloud.settings.iter().map(|(name, value)| (name.clone(), default(value.clone()))));
            config.extend(WITHOUT.map(|name| (name.to_owned(), default(json!("")))));
            if cloud.hosts() == Kind::Caas {
                config.extend(IN_CLUSTERS.map(|name| (name.to_owned(), default(json!("")))));
            }
            for (name, value) in stored("").into_iter().flatten() {
                config.entry(name.clone()).or_default().controller = value.clone();
            }
            for (name, value) in stored(&cloud.region).into_iter().flatten() {
                let of_region = RegionDefaults { region_name: cloud.region.clone(), value: value.clone() };
                config.entry(name.clone()).or_default().regions.push(of_region);
            }
            Ok(config)
        };
        let results = params.entities.iter().map(|entity| match one(&entity.tag) {
            Ok(config) => ModelDefaultsResult { config, error: None },
            Err(error) => ModelDefaultsResult { error: Some(error), ..ModelDefaultsResult::default() },
        });
        Ok(ModelDefaultsResults { results: results.collect() })
    })
}

fn set(call: &Call, params: SetModelDefaultsParams) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    let one = |wanted: &ModelDefaultValues| {
        model_config::check(&wanted.config)?;
        call.write(|state| {
            let place = place(state, &wanted.cloud_tag, &wanted.cloud_region)?;
            state.controller.model_defaults.entry(place).or_default().extend(wanted.config.clone());
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.config.iter().map(one).map(ErrorResult::of).collect() })
}

fn unset(call: &Call, params: UnsetModelDefaultsParams) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    let one = |wanted: &ModelUnsetKeys| {
        call.write(|state| {
            let place = place(state, &wanted.cloud_tag, &wanted.cloud_region)?;
            if let Some(stored) = state.controller.model_defaults.get_mut(&place) {
                stored.retain(|name, _| !wanted.keys.contains(name));
            }
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.keys.iter().map(one).map(ErrorResult::of).collect() })
}

/// What a new model on a cloud gets from its defaults, with where each value comes from.
pub(crate) fn inherited(state: &State, cloud: &Cloud) -> BTreeMap<String, (Value, &'static str)> {
    let mut inherited = BTreeMap::new();
    for (region, source) in [(String::new(), "controller"), (cloud.region.clone(), "region")] {
        let stored = state.controller.model_defaults.get(&(cloud.name.clone(), region)).into_iter().flatten();
        inherited.extend(stored.map(|(name, value)| (name.clone(), (value.clone(), source))));
    }
    inherited
}
