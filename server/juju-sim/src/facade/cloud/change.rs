//! Adding, changing and removing clouds, and credentials beside the first one of each cloud.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    entity::Entities,
    facade::cloud::{
        AddCloud, AddCredentials, RemoveClouds, RevokeCredentialsCheckModels, UpdateCloud,
        UpdateCredentialsCheckModels,
        credential::{
            RevokeCredentialArg, RevokeCredentialArgs, TaggedCredential, TaggedCredentials, UpdateCredentialArgs,
            UpdateCredentialModelResult, UpdateCredentialResult, UpdateCredentialResults,
        },
        definition::{AddCloudArgs, CloudDefinition, UpdateCloudArgs},
    },
    tag::Tag,
};

use crate::{
    call::Call,
    errors::permission_denied,
    methods::Methods,
    state::{Cloud, Credential, OWNER, State},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddCloud>(add);
    methods.on::<UpdateCloud>(update);
    methods.on::<RemoveClouds>(remove);
    methods.on::<UpdateCredentialsCheckModels>(update_credentials);
    methods.on::<AddCredentials>(add_credentials);
    methods.on::<RevokeCredentialsCheckModels>(revoke_credentials);
}

fn redefine(cloud: &mut Cloud, definition: CloudDefinition) {
    let region = definition.regions.into_iter().next().map(|region| region.name);
    cloud.kind = definition.kind;
    cloud.region = region.unwrap_or_else(|| "default".to_owned());
    cloud.auth_types = definition.auth_types;
    cloud.endpoint = definition.endpoint;
    cloud.identity_endpoint = definition.identity_endpoint;
    cloud.storage_endpoint = definition.storage_endpoint;
    cloud.skip_tls_verify = definition.skip_tls_verify;
}

fn add(call: &Call, params: AddCloudArgs) -> Result<(), RemoteError> {
    call.require_superuser()?;
    call.write(|state| {
        if state.controller.all_clouds().any(|cloud| cloud.name == params.name) {
            let message = format!("cloud \"{}\" already exists", params.name);
            return Err(RemoteError::new(Code::AlreadyExists, message));
        }
        let mut cloud = Cloud { name: params.name, ..Cloud::default() };
        redefine(&mut cloud, params.cloud);
        state.controller.clouds.push(cloud);
        Ok(())
    })
}

fn update(call: &Call, params: UpdateCloudArgs) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    let results = params.clouds.into_iter().map(|one| {
        let changed = call.write(|state| {
            let missing = || RemoteError::not_found(format!("cloud \"{}\"", one.name));
            redefine(state.controller.cloud_mut(&one.name).ok_or_else(missing)?, one.cloud.clone());
            Ok(())
        });
        ErrorResult::of(changed)
    });
    Ok(ErrorResults { results: results.collect() })
}

fn remove(call: &Call, params: Entities) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    let one = |tag: &str| {
        let name = Tag::parse_id("cloud", tag)?;
        call.write(|state| {
            if !state.controller.all_clouds().any(|cloud| cloud.name == name) {
                return Err(RemoteError::not_found(format!("cloud \"{name}\"")));
            }
            let models = state.models.values().filter(|model| model.cloud.name == name).count();
            if models > 0 || state.controller.cloud.name == name {
                let count = models.max(1);
                let plural = if count == 1 { "" } else { "s" };
                return Err(RemoteError::plain(format!("cloud is used by {count} model{plural}")));
            }
            state.controller.clouds.retain(|cloud| cloud.name != name);
            Ok(())
        })
    };
    Ok(ErrorResults { results: params.entities.iter().map(|entity| ErrorResult::of(one(&entity.tag))).collect() })
}

/// Cloud, user and name of a credential that the caller may change.
fn own(call: &Call, tag: &str) -> Result<[String; 3], RemoteError> {
    let id = Tag::parse_id("cloudcred", tag)?;
    let parts: Vec<_> = id.split('/').map(str::to_owned).collect();
    let parts: [String; 3] =
        parts.try_into().map_err(|_| RemoteError::plain(format!("\"{tag}\" is not a valid cloudcred tag")))?;
    if parts[1] == call.user() || call.require_superuser().is_ok() { Ok(parts) } else { Err(permission_denied()) }
}

/// The models that use the first credential of a cloud.
fn models(state: &State, cloud: &str) -> Vec<UpdateCredentialModelResult> {
    let used = state.models.values().filter(|model| model.cloud.name == cloud);
    let result = used.map(|model| UpdateCredentialModelResult {
        uuid: model.uuid.clone(),
        name: model.name.clone(),
        errors: Vec::new(),
    });
    result.collect()
}

/// Adds credentials, as older clients do: the same, with one error for each.
fn add_credentials(call: &Call, params: TaggedCredentials) -> Result<ErrorResults, RemoteError> {
    let params = UpdateCredentialArgs { credentials: params.credentials, ..UpdateCredentialArgs::default() };
    let results = update_credentials(call, params)?.results;
    Ok(ErrorResults { results: results.into_iter().map(|one| ErrorResult { error: one.error }).collect() })
}

fn update_credentials(call: &Call, params: UpdateCredentialArgs) -> Result<UpdateCredentialResults, RemoteError> {
    let one = |tagged: &TaggedCredential| {
        let [cloud, user, name] = own(call, &tagged.tag)?;
        call.write(|state| {
            let model_results = models(state, &cloud);
            let missing = || RemoteError::not_found(format!("cloud \"{cloud}\""));
            let known = state.controller.cloud_mut(&cloud).ok_or_else(missing)?;
            if !known.supported_auth_types().contains(&tagged.credential.auth_type) {
                let message = format!(
                    "updating cloud credentials: validating credential \"{cloud}/{user}/{name}\" for cloud \"{cloud}\": supported auth-types [{}], \"{}\" not supported",
                    known.supported_auth_types().join(" "),
                    tagged.credential.auth_type
                );
                return Err(RemoteError::plain(message));
            }
            if user == OWNER && known.credential == name {
                known.attributes.clone_from(&tagged.credential.attrs);
                known.auth_type = Some(tagged.credential.auth_type.clone());
                return Ok(model_results);
            }
            let credential = Credential { auth_type: tagged.credential.auth_type.clone() };
            known.credentials.insert((user, name), credential);
            Ok(Vec::new())
        })
    };
    let results = params.credentials.iter().map(|tagged| match one(tagged) {
        Ok(models) => UpdateCredentialResult { tag: tagged.tag.clone(), error: None, models },
        Err(error) => UpdateCredentialResult { tag: tagged.tag.clone(), error: Some(error), models: Vec::new() },
    });
    Ok(UpdateCredentialResults { results: results.collect() })
}

fn revoke_credentials(call: &Call, params: RevokeCredentialArgs) -> Result<ErrorResults, RemoteError> {
    let one = |credential: &RevokeCredentialArg| {
        let [cloud, user, name] = own(call, &credential.tag)?;
        call.write(|state| {
            let count = models(state, &cloud).len();
            let missing = || RemoteError::not_found(format!("cloud credential \"{cloud}/{user}/{name}\""));
            let known = state.controller.cloud_mut(&cloud).ok_or_else(missing)?;
            if user == OWNER && known.credential == name {
                let plural = if count == 1 { "" } else { "s" };
                return Err(RemoteError::plain(format!(
                    "cannot revoke credential {cloud}/{user}/{name}: it is still used by {count} model{plural}"
                )));
            }
            known.credentials.remove(&(user.clone(), name.clone())).map(drop).ok_or_else(missing)
        })
    };
    Ok(ErrorResults { results: params.credentials.iter().map(|one_of| ErrorResult::of(one(one_of))).collect() })
}
