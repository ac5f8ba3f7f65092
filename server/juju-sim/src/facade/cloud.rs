//! Facade `Cloud`: the one cloud that is simulated.

use std::collections::BTreeMap;

use juju_wire::{
    RemoteError,
    bulk::{StringsResult, StringsResults},
    entity::Entities,
    facade::cloud::{
        Cloud, Clouds, UserCredentials,
        credential::UserClouds,
        definition::{CloudDefinition, CloudRegion, CloudResult, CloudResults, CloudsResult},
    },
    tag::Tag,
};

use crate::{
    methods::{Call, Methods},
    state::State,
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<Cloud>(cloud);
    methods.on::<Clouds>(clouds);
    methods.on::<UserCredentials>(user_credentials);
}

fn definition(state: &State) -> CloudDefinition {
    CloudDefinition {
        kind: state.controller.cloud_type.clone(),
        is_controller_cloud: true,
        auth_types: vec!["empty".to_owned()],
        regions: vec![CloudRegion { name: state.controller.region.clone(), ..CloudRegion::default() }],
        ..CloudDefinition::default()
    }
}

fn cloud(call: &Call, params: Entities) -> Result<CloudResults, RemoteError> {
    Ok(call.read(|state| {
        let own = Tag::new("cloud", &state.controller.cloud).to_string();
        let one = |tag: &str| {
            if tag == own {
                return CloudResult { cloud: Some(definition(state)), error: None };
            }
            let name = tag.trim_start_matches("cloud-");
            CloudResult { cloud: None, error: Some(RemoteError::not_found(format!("cloud \"{name}\""))) }
        };
        CloudResults { results: params.entities.iter().map(|entity| one(&entity.tag)).collect() }
    }))
}

fn clouds(call: &Call, (): ()) -> Result<CloudsResult, RemoteError> {
    Ok(call.read(|state| {
        let tag = Tag::new("cloud", &state.controller.cloud).to_string();
        CloudsResult { clouds: BTreeMap::from([(tag, definition(state))]) }
    }))
}

fn user_credentials(call: &Call, params: UserClouds) -> Result<StringsResults, RemoteError> {
    let tag = call.read(|state| Tag::new("cloudcred", format!("{}/admin/default", state.controller.cloud)).to_string());
    let result = || StringsResult { result: vec![tag.clone()], error: None };
    Ok(StringsResults { results: params.user_clouds.iter().map(|_| result()).collect() })
}
