//! Access of users to clouds: to add models on them, or to administer them.

use juju_wire::{
    ErrorResult, RemoteError,
    code::ErrorResults,
    facade::cloud::{
        ModifyCloudAccess,
        definition::{ModifyCloudAccessParams, ModifyCloudAccessRequest},
    },
    tag::Tag,
};

use crate::{
    call::Call,
    methods::Methods,
    state::{CloudAccess, State},
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<ModifyCloudAccess>(modify);
}

fn modify(call: &Call, params: ModifyCloudAccessRequest) -> Result<ErrorResults, RemoteError> {
    if !params.changes.is_empty() {
        call.require_superuser()?;
    }
    Ok(call.write(|state| {
        let results = params.changes.iter().map(|change| ErrorResult::of(modify_one(state, change)));
        ErrorResults { results: results.collect() }
    }))
}

fn modify_one(state: &mut State, change: &ModifyCloudAccessParams) -> Result<(), RemoteError> {
    let name = Tag::parse_id("cloud", &change.cloud_tag)?;
    let user = Tag::parse_id("user", &change.user_tag)?;
    let wanted = CloudAccess::parse(&change.access)
        .ok_or_else(|| RemoteError::plain(format!("\"{}\" cloud access not valid", change.access)))?;
    let is_local = !user.contains('@');
    if is_local && !state.users.contains_key(&user) {
        let about = if change.action == "grant" { "could not grant cloud access: " } else { "" };
        return Err(RemoteError::not_found(format!("{about}user \"{user}\" does not exist locally: user \"{user}\"")));
    }
    let cloud = state.controller.cloud_mut(&name);
    let cloud = cloud.ok_or_else(|| RemoteError::not_found(format!("cloud \"{name}\"")))?;
    let has = cloud.access.get(&user).copied();
    match (change.action.as_str(), wanted) {
        ("grant", _) if has >= Some(wanted) => Err(RemoteError::plain(format!(
            "could not grant cloud access: user already has \"{}\" access or greater",
            wanted.as_str()
        ))),
        ("grant", _) => {
            cloud.access.insert(user, wanted);
            Ok(())
        }
        ("revoke", CloudAccess::AddModel) => match cloud.access.remove(&user) {
            Some(_) => Ok(()),
            None => Err(RemoteError::not_found(format!("could not revoke cloud access: cloud user \"{user}\""))),
        },
        ("revoke", CloudAccess::Admin) if has.is_none() => {
            Err(RemoteError::not_found(format!("could not set cloud access to add-model: cloud access for \"{user}\"")))
        }
        ("revoke", CloudAccess::Admin) => {
            cloud.access.insert(user, CloudAccess::AddModel);
            Ok(())
        }
        (other, _) => Err(RemoteError::plain(format!("unknown action \"{other}\""))),
    }
}
