//! Facade `Secrets`: user secrets of a model with their revisions and readers.

use juju_wire::{
    Code, ErrorResult, RemoteError,
    bulk::{StringResult, StringResults},
    code::ErrorResults,
    facade::secrets::{
        CreateSecrets, GrantSecret, ListSecrets, RemoveSecrets, RevokeSecret, UpdateSecrets,
        edit::{
            CreateSecretArg, CreateSecretArgs, DeleteSecretArg, DeleteSecretArgs, GrantRevokeUserSecretArg,
            UpdateUserSecretArg, UpdateUserSecretArgs,
        },
        list::{AccessInfo, ListSecretResult, ListSecretResults, ListSecretsArgs, SecretRevision, SecretValueResult},
    },
    tag::Tag,
};
use sha2::{Digest, Sha256};

use crate::{
    call::Call,
    go_time::format_time,
    methods::Methods,
    state::{Model, ModelAccess, Revision, Secret},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ListSecrets>(list);
    methods.on::<CreateSecrets>(create);
    methods.on::<UpdateSecrets>(update);
    methods.on::<RemoveSecrets>(remove);
    methods.on::<GrantSecret>(|call, params| change_readers(call, &params, true));
    methods.on::<RevokeSecret>(|call, params| change_readers(call, &params, false));
}

fn write_model<T>(call: &Call, change: impl FnOnce(&mut Model) -> T) -> Result<T, RemoteError> {
    let uuid = call.model_uuid()?;
    call.write(|state| state.models.get_mut(uuid).map(change)).ok_or_else(|| RemoteError::not_found("model"))
}

/// The id of the secret that is meant by URI or label.
fn find(model: &Model, uri: &str, label: &str) -> Result<String, RemoteError> {
    let id = uri.rsplit([':', '/']).next().unwrap_or_default();
    let found =
        model.secrets.iter().find(|(known, secret)| if uri.is_empty() { secret.label == label } else { *known == id });
    let name = if uri.is_empty() { label } else { id };
    found.map(|(id, _)| id.clone()).ok_or_else(|| RemoteError::not_found(format!("secret \"{name}\"")))
}

/// Whether a text may name a secret: an id of 20 letters and digits, perhaps after `secret:` and a model.
fn is_uri(text: &str) -> bool {
    let id = text.rsplit([':', '/']).next().unwrap_or_default();
    id.len() == 20 && id.bytes().all(|letter| letter.is_ascii_digit() || (b'a'..=b'v').contains(&letter))
}

fn list(call: &Call, params: ListSecretsArgs) -> Result<ListSecretResults, RemoteError> {
    call.require(if params.show_secrets { ModelAccess::Admin } else { ModelAccess::Read })?;
    let uuid = call.model_uuid()?;
    let filter = params.filter;
    if let Some(uri) = filter.uri.as_ref().filter(|uri| !is_uri(uri)) {
        return Err(RemoteError::new(Code::NotValid, format!("secret URI \"{uri}\" not valid")));
    }
    call.read(|state| {
        let model = state.models.get(uuid).ok_or_else(|| RemoteError::not_found("model"))?;
        let own = Tag::new("model", &model.uuid).to_string();
        let wanted = |id: &str, secret: &Secret| {
            filter.uri.as_ref().is_none_or(|uri| uri.rsplit([':', '/']).next() == Some(id))
                && filter.label.as_ref().is_none_or(|label| *label == secret.label)
                // every secret is the model's own
                && filter.owner_tag.as_ref().is_none_or(|owner| *owner == own)
        };
        let chosen = model.secrets.iter().filter(|(id, secret)| wanted(id, secret));
        let results = chosen.map(|(id, secret)| listed(model, id, secret, params.show_secrets, filter.revision));
        Ok(ListSecretResults { results: results.collect::<Result<_, _>>()? })
    })
}

fn listed(
    model: &Model,
    id: &str,
    secret: &Secret,
    show: bool,
    revision: Option<i64>,
) -> Result<ListSecretResult, RemoteError> {
    let owner = Tag::new("model", &model.uuid).to_string();
    let latest = secret.revisions.last();
    let shown = match revision {
        None => latest,
        Some(number) => {
            let missing =
                || RemoteError::new(Code::NotFound, format!("revison {number} for secret \"secret:{id}\" not found"));
            Some(secret.revisions.iter().find(|revision| revision.number == number).ok_or_else(missing)?)
        }
    };
    let revisions = secret.revisions.iter().map(|revision| SecretRevision {
        revision: revision.number,
        backend_name: Some("internal".to_owned()),
        create_time: format_time(revision.made),
        update_time: format_time(revision.made),
        ..SecretRevision::default()
    });
    let access = secret.readers.iter().map(|reader| AccessInfo {
        target_tag: Tag::new("application", reader).to_string(),
        scope_tag: owner.clone(),
        role: "view".to_owned(),
    });
    Ok(ListSecretResult {
        uri: format!("secret:{id}"),
        version: 1,
        owner_tag: owner.clone(),
        description: secret.description.clone(),
        label: secret.label.clone(),
        latest_revision: latest.map(|revision| revision.number).unwrap_or_default(),
        latest_revision_checksum: latest.map(checksum).unwrap_or_default(),
        create_time: format_time(secret.made),
        update_time: format_time(latest.map_or(secret.made, |revision| revision.made)),
        revisions: revisions.collect(),
        value: shown.filter(|_| show).map(|revision| SecretValueResult { data: revision.content.clone(), error: None }),
        access: access.collect(),
        ..ListSecretResult::default()
    })
}

fn checksum(revision: &Revision) -> String {
    let written = serde_json::to_string(&revision.content).unwrap_or_default();
    hex::encode(Sha256::digest(written))
}

fn create(call: &Call, params: CreateSecretArgs) -> Result<StringResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    write_model(call, |model| {
        let result = |made: Result<String, RemoteError>| match made {
            Ok(result) => StringResult { result, error: None },
            Err(error) => StringResult { result: String::new(), error: Some(error) },
        };
        StringResults { results: params.args.into_iter().map(|wanted| result(create_one(model, wanted))).collect() }
    })
}

fn create_one(model: &mut Model, wanted: CreateSecretArg) -> Result<String, RemoteError> {
    if wanted.content.data.is_empty() {
        return Err(RemoteError::new(Code::NotValid, "empty secret value not valid"));
    }
    let label = wanted.label.unwrap_or_default();
    if !label.is_empty() && model.secrets.values().any(|secret| secret.label == label) {
        return Err(RemoteError::new(Code::AlreadyExists, format!("secret with name \"{label}\" already exists")));
    }
    let made = chrono::Utc::now();
    // twenty characters as the real ids have, the last of which encodes a single bit; they sort by creation time
    let random = uuid::Uuid::now_v7().simple().to_string();
    let id = format!("s{}0", &random[..18]);
    let revision = Revision { number: 1, made, content: wanted.content.data };
    let description = wanted.description.unwrap_or_default();
    model
        .secrets
        .insert(id.clone(), Secret { label, description, made, revisions: vec![revision], readers: Vec::new() });
    Ok(format!("secret:{id}"))
}

fn update(call: &Call, params: UpdateUserSecretArgs) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    write_model(call, |model| {
        let results = params.args.into_iter().map(|wanted| ErrorResult::of(update_one(model, wanted)));
        ErrorResults { results: results.collect() }
    })
}

fn update_one(model: &mut Model, wanted: UpdateUserSecretArg) -> Result<(), RemoteError> {
    let id = find(model, &wanted.uri, &wanted.existing_label)?;
    let Some(secret) = model.secrets.get_mut(&id) else {
        return Err(RemoteError::not_found(format!("secret \"{id}\"")));
    };
    secret.label = wanted.label.unwrap_or_else(|| secret.label.clone());
    secret.description = wanted.description.unwrap_or_else(|| secret.description.clone());
    if !wanted.content.data.is_empty() {
        let number = secret.revisions.last().map_or(1, |revision| revision.number + 1);
        if wanted.auto_prune == Some(true) {
            secret.revisions.clear();
        }
        secret.revisions.push(Revision { number, made: chrono::Utc::now(), content: wanted.content.data });
    }
    Ok(())
}

fn remove(call: &Call, params: DeleteSecretArgs) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    write_model(call, |model| {
        let results = params.args.into_iter().map(|wanted| ErrorResult::of(remove_one(model, &wanted)));
        ErrorResults { results: results.collect() }
    })
}

fn remove_one(model: &mut Model, wanted: &DeleteSecretArg) -> Result<(), RemoteError> {
    let id = find(model, &wanted.uri, &wanted.label)?;
    if wanted.revisions.is_empty() {
        model.secrets.remove(&id);
    } else if let Some(secret) = model.secrets.get_mut(&id) {
        if !secret.revisions.iter().any(|revision| wanted.revisions.contains(&revision.number)) {
            let numbers: Vec<_> = wanted.revisions.iter().map(i64::to_string).collect();
            let message = format!("cannot delete any of revisions [{}] - revisions not found", numbers.join(" "));
            return Err(RemoteError::new(Code::NotFound, message));
        }
        secret.revisions.retain(|revision| !wanted.revisions.contains(&revision.number));
    }
    Ok(())
}

fn change_readers(call: &Call, params: &GrantRevokeUserSecretArg, grant: bool) -> Result<ErrorResults, RemoteError> {
    call.require(ModelAccess::Write)?;
    write_model(call, |model| {
        let id = find(model, &params.uri, &params.label)?;
        let mut results = Vec::new();
        for application in &params.applications {
            let known = model.applications.contains_key(application);
            results.push(match model.secrets.get_mut(&id) {
                Some(secret) if known => {
                    secret.readers.retain(|reader| reader != application);
                    secret.readers.extend(grant.then(|| application.clone()));
                    ErrorResult::default()
                }
                _ => ErrorResult::of::<()>(Err(unknown_reader(&id, application))),
            });
        }
        Ok(ErrorResults { results })
    })?
}

fn unknown_reader(id: &str, application: &str) -> RemoteError {
    let what = format!("cannot change access to \"secret:{id}\" for \"{application}\"");
    RemoteError::new(
        Code::NotFound,
        format!("{what}: invalid subject reference: saas application \"{application}\" not found"),
    )
}
