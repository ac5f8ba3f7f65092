//! Facade `Cloud`: the clouds that are simulated.

use juju_wire::{
    Code, RemoteError,
    bulk::{StringsResult, StringsResults},
    entity::Entities,
    facade::{
        cloud::{
            Cloud as AskForClouds, Clouds, UserCredentials,
            credential::{UserCloud, UserClouds},
            definition::{CloudDefinition, CloudRegion, CloudResult, CloudResults, CloudsResult},
        },
        model_manager::lifecycle::ModelCreateArgs,
    },
    tag::Tag,
};

use crate::{
    methods::{Call, Methods},
    state::{Cloud, Kind, State},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AskForClouds>(one_by_one);
    methods.on::<Clouds>(clouds);
    methods.on::<UserCredentials>(user_credentials);
}

/// Tag of a cloud's only credential.
pub(super) fn credential(cloud: &Cloud) -> String {
    Tag::new("cloudcred", format!("{}/admin/{}", cloud.name, cloud.credential)).to_string()
}

/// The cloud on which a model is to be: the one named, or the controller's own.
pub(super) fn chosen(state: &State, params: &ModelCreateArgs) -> Result<Cloud, RemoteError> {
    if params.cloud_tag.is_empty() {
        return Ok(state.controller.cloud.clone());
    }
    let name = Tag::parse_id("cloud", &params.cloud_tag).map_err(|error| RemoteError::plain(error.to_string()))?;
    let found = state.controller.all_clouds().find(|cloud| cloud.name == name);
    let cloud = found.cloned().ok_or_else(|| RemoteError::not_found(format!("cloud \"{name}\"")))?;
    if !params.region.is_empty() && params.region != cloud.region {
        let known = format!("(expected one of [\"{}\"])", cloud.region);
        let message = format!("region \"{}\" not found {known}", params.region);
        return Err(RemoteError::new(Code::NotFound, message));
    }
    Ok(cloud)
}

fn definition(state: &State, cloud: &Cloud) -> CloudDefinition {
    let auth_types: &[&str] = match cloud.hosts() {
        Kind::Iaas => &["empty"],
        Kind::Caas => &["userpass", "certificate", "oauth2"],
    };
    CloudDefinition {
        kind: cloud.kind.clone(),
        is_controller_cloud: cloud.name == state.controller.cloud.name,
        auth_types: auth_types.iter().map(|kind| (*kind).to_owned()).collect(),
        regions: vec![CloudRegion { name: cloud.region.clone(), ..CloudRegion::default() }],
        ..CloudDefinition::default()
    }
}

fn one_by_one(call: &Call, params: Entities) -> Result<CloudResults, RemoteError> {
    Ok(call.read(|state| {
        let one = |tag: &str| {
            let name = tag.trim_start_matches("cloud-");
            match state.controller.all_clouds().find(|cloud| cloud.name == name) {
                Some(cloud) => CloudResult { cloud: Some(definition(state, cloud)), error: None },
                None => CloudResult { cloud: None, error: Some(RemoteError::not_found(format!("cloud \"{name}\""))) },
            }
        };
        CloudResults { results: params.entities.iter().map(|entity| one(&entity.tag)).collect() }
    }))
}

fn clouds(call: &Call, (): ()) -> Result<CloudsResult, RemoteError> {
    Ok(call.read(|state| {
        let clouds = state.controller.all_clouds();
        let listed = clouds.map(|cloud| (Tag::new("cloud", &cloud.name).to_string(), definition(state, cloud)));
        CloudsResult { clouds: listed.collect() }
    }))
}

fn user_credentials(call: &Call, params: UserClouds) -> Result<StringsResults, RemoteError> {
    let result = |wanted: &UserCloud| {
        let name = wanted.cloud_tag.trim_start_matches("cloud-");
        let found = call
            .read(|state| state.controller.all_clouds().filter(|cloud| cloud.name == name).map(credential).collect());
        StringsResult { result: found, error: None }
    };
    Ok(StringsResults { results: params.user_clouds.iter().map(result).collect() })
}
