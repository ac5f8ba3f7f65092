//! Facade `UserManager`: users of the controller.

use juju_wire::{
    RemoteError,
    facade::user_manager::{UserDetails, UserInfo, UserInfoRequest, UserInfoResult, UserInfoResults},
    tag::Tag,
};

use super::time;
use crate::{
    methods::{Call, Methods, denied},
    state::State,
};

pub(super) fn register(methods: &mut Methods) {
    methods.on::<UserInfo>(info);
}

fn info(call: &Call, params: UserInfoRequest) -> Result<UserInfoResults, RemoteError> {
    let asker = call.user();
    call.read(|state| {
        let all = state.is_superuser(&asker);
        if params.entities.is_empty() {
            let seen = state.users.keys().filter(|name| all || **name == asker);
            let results = seen.map(|name| UserInfoResult { result: details(state, name), error: None });
            return Ok(UserInfoResults { results: results.collect() });
        }
        let one = |tag: &str| {
            let name = Tag::parse_id("user", tag).map_err(|error| RemoteError::plain(error.to_string()))?;
            if !all && name != asker {
                return Err(denied());
            }
            details(state, &name)
                .ok_or_else(|| RemoteError::new(juju_wire::Code::UserNotFound, format!("user \"{name}\" not found")))
        };
        let results = params.entities.iter().map(|entity| match one(&entity.tag) {
            Ok(details) => UserInfoResult { result: Some(details), error: None },
            Err(error) => UserInfoResult { result: None, error: Some(error) },
        });
        Ok(UserInfoResults { results: results.collect() })
    })
}

fn details(state: &State, name: &str) -> Option<UserDetails> {
    let user = state.users.get(name)?;
    Some(UserDetails {
        username: name.to_owned(),
        display_name: user.display_name.clone(),
        access: user.access.to_string(),
        created_by: "admin".to_owned(),
        date_created: time(user.created),
        last_connection: user.last_connection.map(time),
        disabled: !user.enabled,
    })
}
