//! Facade `Cloud`: the clouds that are simulated.

use juju_wire::{
    Code, RemoteError,
    bulk::{StringsResult, StringsResults},
    entity::Entities,
    facade::{
        cloud::{
            Cloud as AskForClouds, CloudInfo, Clouds, CredentialContents, UserCredentials,
            credential::{
                CloudCredentialArg, CloudCredentialArgs, ControllerCredentialInfo, CredentialContent,
                CredentialContentResult, CredentialContentResults, ModelAccess as UsedBy, UserCloud, UserClouds,
            },
            definition::{
                CloudDefinition, CloudInfoResult, CloudInfoResults, CloudRegion, CloudResult, CloudResults,
                CloudUserInfo, CloudWithUsers, CloudsResult,
            },
        },
        model_manager::lifecycle::ModelCreateArgs,
    },
    tag::Tag,
};

use crate::{
    methods::{Call, Methods},
    state::{Access, Cloud, ModelAccess, State},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AskForClouds>(one_by_one);
    methods.on::<CloudInfo>(with_users);
    methods.on::<Clouds>(clouds);
    methods.on::<CredentialContents>(credentials);
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
    let region = CloudRegion {
        name: cloud.region.clone(),
        endpoint: cloud.endpoint.clone(),
        identity_endpoint: cloud.identity_endpoint.clone(),
        storage_endpoint: cloud.storage_endpoint.clone(),
    };
    CloudDefinition {
        kind: cloud.kind.clone(),
        is_controller_cloud: cloud.name == state.controller.cloud.name,
        auth_types: cloud.ways_in(),
        endpoint: cloud.endpoint.clone(),
        identity_endpoint: cloud.identity_endpoint.clone(),
        storage_endpoint: cloud.storage_endpoint.clone(),
        skip_tls_verify: cloud.skip_tls_verify,
        regions: vec![region],
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

fn with_users(call: &Call, params: Entities) -> Result<CloudInfoResults, RemoteError> {
    call.read(|state| {
        let one = |tag: &str| {
            let name = Tag::parse_id("cloud", tag).map_err(|error| RemoteError::plain(error.to_string()))?;
            let cloud = state.controller.all_clouds().find(|cloud| cloud.name == name);
            let cloud = cloud.ok_or_else(|| RemoteError::not_found(format!("cloud \"{name}\"")))?;
            let CloudDefinition { kind, auth_types, endpoint, identity_endpoint, storage_endpoint, regions, .. } =
                definition(state, cloud);
            let admins = state.users.iter().filter(|(_, user)| user.access == Access::Superuser);
            let users = admins.map(|(name, user)| CloudUserInfo {
                user: name.clone(),
                display_name: user.display_name.clone(),
                access: "admin".to_owned(),
            });
            let users = users.collect();
            Ok(CloudWithUsers { kind, auth_types, endpoint, identity_endpoint, storage_endpoint, regions, users })
        };
        let results = params.entities.iter().map(|entity| match one(&entity.tag) {
            Ok(result) => CloudInfoResult { result: Some(result), error: None },
            Err(error) => CloudInfoResult { result: None, error: Some(error) },
        });
        Ok(CloudInfoResults { results: results.collect() })
    })
}

/// Credentials that were named, or all; they are the superuser's, and hold no secret.
fn credentials(call: &Call, params: CloudCredentialArgs) -> Result<CredentialContentResults, RemoteError> {
    let user = call.user();
    call.read(|state| {
        let one = |cloud: &Cloud| {
            let models = state.models.values().filter(|model| model.cloud.name == cloud.name);
            let models = models.filter_map(|model| {
                let access = state.model_access(&user, &model.uuid).map(ModelAccess::as_str)?;
                Some(UsedBy { model: model.name.clone(), access: access.to_owned() })
            });
            let content = CredentialContent {
                name: cloud.credential.clone(),
                cloud: cloud.name.clone(),
                auth_type: cloud.way_in(),
                valid: Some(true),
                attrs: cloud.attributes.clone(),
            };
            let result = ControllerCredentialInfo { content, models: models.collect() };
            CredentialContentResult { result: Some(result), error: None }
        };
        let own = state.is_superuser(&user);
        if params.credentials.is_empty() {
            let all = state.controller.all_clouds().filter(|_| own);
            return Ok(CredentialContentResults { results: all.map(one).collect() });
        }
        let named = |wanted: &CloudCredentialArg| {
            let (cloud, name) = (&wanted.cloud_name, &wanted.credential_name);
            let fits = |known: &&Cloud| own && known.name == *cloud && known.credential == *name;
            let unknown = || CredentialContentResult {
                result: None,
                error: Some(RemoteError::not_found(format!("cloud credential \"{cloud}/{user}/{name}\""))),
            };
            state.controller.all_clouds().find(fits).map_or_else(unknown, one)
        };
        Ok(CredentialContentResults { results: params.credentials.iter().map(named).collect() })
    })
}
