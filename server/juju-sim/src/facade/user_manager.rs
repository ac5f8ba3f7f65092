//! Facade `UserManager`: users of the controller.

mod change;

use juju_wire::{
    RemoteError,
    entity::Entities,
    facade::{
        model_manager::info::ModelUser,
        user_manager::{
            ModelUserInfo, ModelUserInfoResult, ModelUserInfoResults, UserDetails, UserInfo, UserInfoRequest,
            UserInfoResult, UserInfoResults,
        },
    },
    tag::Tag,
};

use crate::{
    call::Call,
    errors::permission_denied,
    go_time::format_time,
    methods::Methods,
    state::{ModelAccess, State, User},
};

pub(super) fn register(methods: &mut Methods) {
    change::register(methods);
    methods.on::<UserInfo>(info);
    methods.on::<ModelUserInfo>(of_models);
}

fn info(call: &Call, params: UserInfoRequest) -> Result<UserInfoResults, RemoteError> {
    let requester = call.user();
    call.read(|state| {
        let all = state.is_superuser(&requester);
        if params.entities.is_empty() {
            let wanted = |user: &User| user.enabled || params.include_disabled;
            let seen = state.users.iter().filter(|(name, user)| (all || **name == requester) && wanted(user));
            let results = seen.map(|(name, _)| UserInfoResult { result: details(state, name), error: None });
            return Ok(UserInfoResults { results: results.collect() });
        }
        let one = |tag: &str| {
            let name = Tag::parse_id("user", tag)?;
            if !all && name != requester {
                return Err(permission_denied());
            }
            // the real server hides even from an admin that the user is unknown
            details(state, &name).ok_or_else(permission_denied)
        };
        let results = params.entities.iter().map(|entity| match one(&entity.tag) {
            Ok(details) => UserInfoResult { result: Some(details), error: None },
            Err(error) => UserInfoResult { result: None, error: Some(error) },
        });
        Ok(UserInfoResults { results: results.collect() })
    })
}

fn of_models(call: &Call, params: Entities) -> Result<ModelUserInfoResults, RemoteError> {
    let mut results = Vec::new();
    for entity in params.entities {
        let uuid = Tag::parse_id("model", &entity.tag)?;
        call.require_on(&uuid, ModelAccess::Read)?;
        call.read(|state| {
            let Some(model) = state.models.get(&uuid) else { return };
            results.extend(model.users.iter().map(|(name, access)| {
                let user = ModelUser {
                    model_tag: entity.tag.clone(),
                    user: name.clone(),
                    display_name: state.users.get(name).map(|user| user.display_name.clone()).unwrap_or_default(),
                    last_connection: model.connections.get(name).copied().map(format_time),
                    access: access.as_str().to_owned(),
                };
                ModelUserInfoResult { result: Some(user), error: None }
            }));
        });
    }
    Ok(ModelUserInfoResults { results })
}

fn details(state: &State, name: &str) -> Option<UserDetails> {
    let user = state.users.get(name)?;
    Some(UserDetails {
        username: name.to_owned(),
        display_name: user.display_name.clone(),
        // who is disabled has no access
        access: if user.enabled { user.access.to_string() } else { String::new() },
        created_by: user.created_by.clone(),
        date_created: format_time(user.created),
        last_connection: user.last_connection.map(format_time),
        disabled: !user.enabled,
    })
}
