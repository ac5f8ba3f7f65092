//! Facade `Cloud`: the clouds that are simulated.

mod access;
mod change;

use std::collections::BTreeMap;

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
        controller::model::{CloudCredential, CloudSpecParams},
        model_manager::lifecycle::ModelCreateArgs,
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{Access, Cloud, ModelAccess, OWNER, State},
};

pub(super) fn register(methods: &mut Methods) {
    access::register(methods);
    change::register(methods);
    methods.on::<AskForClouds>(one_by_one);
    methods.on::<CloudInfo>(with_users);
    methods.on::<Clouds>(clouds);
    methods.on::<CredentialContents>(credentials);
    methods.on::<UserCredentials>(user_credentials);
}

/// A cloud with its credential, for a client that works with the cloud itself.
pub(super) fn spec(cloud: &Cloud) -> CloudSpecParams {
    CloudSpecParams {
        kind: cloud.kind.clone(),
        name: cloud.name.clone(),
        region: cloud.region.clone(),
        endpoint: cloud.endpoint.clone(),
        identity_endpoint: cloud.identity_endpoint.clone(),
        storage_endpoint: cloud.storage_endpoint.clone(),
        credential: Some(CloudCredential {
            auth_type: cloud.credential_auth_type(),
            attrs: cloud.attributes.clone(),
            ..CloudCredential::default()
        }),
        skip_tls_verify: cloud.skip_tls_verify,
        ..CloudSpecParams::default()
    }
}

/// Tag of a cloud's only credential.
pub(super) fn credential(cloud: &Cloud) -> String {
    Tag::new("cloudcred", format!("{}/{OWNER}/{}", cloud.name, cloud.credential)).to_string()
}

/// The cloud on which a model is to be: the one named, or the controller's own.
pub(super) fn chosen(state: &State, params: &ModelCreateArgs) -> Result<Cloud, RemoteError> {
    if params.cloud_tag.is_empty() {
        return Ok(state.controller.cloud.clone());
    }
    let cloud = named(state, &params.cloud_tag).cloned().map_err(|error| match error.code {
        Code::NotFound => {
            let known: Vec<_> = state.controller.all_clouds().map(|cloud| format!("\"{}\"", cloud.name)).collect();
            RemoteError { message: format!("{}, expected one of [{}]", error.message, known.join(" ")), ..error }
        }
        _ => error,
    })?;
    if !params.region.is_empty() && params.region != cloud.region {
        let known = format!("(expected one of [\"{}\"])", cloud.region);
        let message = format!("getting cloud region definition: region \"{}\" not found {known}", params.region);
        return Err(RemoteError::new(Code::NotFound, message));
    }
    if !params.credential.is_empty() && params.credential != credential(&cloud) {
        let wanted = Tag::parse_id("cloudcred", &params.credential)?;
        return Err(RemoteError::not_found(format!("getting credential: cloud credential \"{wanted}\"")));
    }
    Ok(cloud)
}

/// The cloud of a tag.
pub(super) fn named<'a>(state: &'a State, tag: &str) -> Result<&'a Cloud, RemoteError> {
    let name = Tag::parse_id("cloud", tag)?;
    let found = state.controller.all_clouds().find(|cloud| cloud.name == name);
    found.ok_or_else(|| RemoteError::not_found(format!("cloud \"{name}\"")))
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
        auth_types: cloud.supported_auth_types(),
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
        let results = params.entities.iter().map(|entity| match named(state, &entity.tag) {
            Ok(cloud) => CloudResult { cloud: Some(definition(state, cloud)), error: None },
            Err(error) => CloudResult { cloud: None, error: Some(error) },
        });
        CloudResults { results: results.collect() }
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
    let one = |wanted: &UserCloud| {
        let user = Tag::parse_id("user", &wanted.user_tag)?;
        let name = Tag::parse_id("cloud", &wanted.cloud_tag)?;
        Ok(call.read(|state| {
            let Some(cloud) = state.controller.all_clouds().find(|cloud| cloud.name == name) else { return Vec::new() };
            // the first credential of each cloud is that of the controller's owner
            let first = (user == OWNER && !cloud.credential.is_empty()).then(|| credential(cloud));
            let others = cloud.credentials.keys().filter(|(owner, _)| *owner == user);
            let tag = |(owner, name): &(String, String)| {
                Tag::new("cloudcred", format!("{}/{owner}/{name}", cloud.name)).to_string()
            };
            first.into_iter().chain(others.map(tag)).collect()
        }))
    };
    let results = params.user_clouds.iter().map(|wanted| match one(wanted) {
        Ok(result) => StringsResult { result, error: None },
        Err(error) => StringsResult { error: Some(error), ..StringsResult::default() },
    });
    Ok(StringsResults { results: results.collect() })
}

fn with_users(call: &Call, params: Entities) -> Result<CloudInfoResults, RemoteError> {
    call.read(|state| {
        let one = |tag: &str| {
            let cloud = named(state, tag)?;
            let CloudDefinition { kind, auth_types, endpoint, identity_endpoint, storage_endpoint, regions, .. } =
                definition(state, cloud);
            let admins = state.users.iter().filter(|(_, user)| user.access == Access::Superuser);
            let users = admins.map(|(name, user)| CloudUserInfo {
                user: name.clone(),
                display_name: user.display_name.clone(),
                access: "admin".to_owned(),
            });
            let granted = cloud.access.iter().map(|(name, access)| CloudUserInfo {
                user: name.clone(),
                display_name: state.users.get(name).map(|user| user.display_name.clone()).unwrap_or_default(),
                access: access.as_str().to_owned(),
            });
            let users = users.chain(granted).collect();
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
                auth_type: cloud.credential_auth_type(),
                valid: Some(true),
                attrs: cloud.attributes.clone(),
            };
            let result = ControllerCredentialInfo { content, models: models.collect() };
            CredentialContentResult { result: Some(result), error: None }
        };
        let own = state.is_superuser(&user);
        let further = |cloud: &Cloud| {
            let held = cloud.credentials.iter().filter(|((owner, _), _)| *owner == user);
            let result = held.map(|((_, name), credential)| {
                let content = CredentialContent {
                    name: name.clone(),
                    cloud: cloud.name.clone(),
                    auth_type: credential.auth_type.clone(),
                    valid: Some(true),
                    attrs: BTreeMap::new(),
                };
                let result = ControllerCredentialInfo { content, models: Vec::new() };
                CredentialContentResult { result: Some(result), error: None }
            });
            result.collect::<Vec<_>>()
        };
        if params.credentials.is_empty() {
            let all = state.controller.all_clouds().filter(|cloud| own && !cloud.credential.is_empty()).map(one);
            let further = state.controller.all_clouds().flat_map(further);
            return Ok(CredentialContentResults { results: all.chain(further).collect() });
        }
        let named = |wanted: &CloudCredentialArg| {
            let (cloud, name) = (&wanted.cloud_name, &wanted.credential_name);
            let fits = |known: &&Cloud| own && known.name == *cloud && known.credential == *name;
            let unknown = || CredentialContentResult {
                result: None,
                error: Some(RemoteError::not_found(format!("cloud credential \"{cloud}/{user}/{name}\""))),
            };
            let is_wanted = |result: &CredentialContentResult| {
                result.result.as_ref().is_some_and(|held| held.content.cloud == *cloud && held.content.name == *name)
            };
            let further = || state.controller.all_clouds().flat_map(further).find(is_wanted);
            state.controller.all_clouds().find(fits).map(one).or_else(further).unwrap_or_else(unknown)
        };
        Ok(CredentialContentResults { results: params.credentials.iter().map(named).collect() })
    })
}
