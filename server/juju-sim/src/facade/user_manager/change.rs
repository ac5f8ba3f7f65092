//! Adding, removing, disabling users, and their passwords (`apiserver/facades/client/usermanager`, `state/user.go`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::Utc;
use juju_wire::{
    Code, ErrorResult, RemoteError,
    code::ErrorResults,
    entity::Entities,
    facade::user_manager::{
        AddUser, AddUserResult, AddUserResults, AddUsers, DisableUser, EnableUser, EntityPassword, EntityPasswords,
        NewUser, RemoveUser, ResetPassword, SetPassword,
    },
    tag::Tag,
};
use uuid::Uuid;

use crate::{
    call::Call,
    errors::permission_denied,
    methods::Methods,
    state::{Access, State, User},
};

/// Who made the controller; can be neither removed nor disabled.
const OWNER: &str = "admin";

pub(super) fn register(methods: &mut Methods) {
    methods.on::<AddUser>(add);
    methods.on::<RemoveUser>(remove);
    methods.on::<EnableUser>(|call, params| enable(call, &params, true));
    methods.on::<DisableUser>(|call, params| enable(call, &params, false));
    methods.on::<SetPassword>(set_passwords);
    methods.on::<ResetPassword>(reset);
}

fn name(tag: &str) -> Result<String, RemoteError> {
    let name = Tag::parse_id("user", tag)?;
    Ok(name.trim_end_matches("@local").to_owned())
}

/// Letters and digits, inside also `.`, `+` and `-`, as the names package has it.
fn is_valid(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric();
    name.starts_with(plain)
        && name.ends_with(plain)
        && name.chars().all(|letter| plain(letter) || ".+-".contains(letter))
}

/// 32 random bytes, as the real server gives for `juju register`.
fn secret_key() -> String {
    STANDARD.encode([Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat())
}

fn add(call: &Call, params: AddUsers) -> Result<AddUserResults, RemoteError> {
    if params.users.is_empty() {
        return Ok(AddUserResults::default());
    }
    call.require_superuser()?;
    let creator = call.user();
    Ok(call.write(|state| {
        let result = |user: NewUser| add_one(state, user, &creator).unwrap_or_else(failed);
        AddUserResults { results: params.users.into_iter().map(result).collect() }
    }))
}

fn failed(error: RemoteError) -> AddUserResult {
    AddUserResult { error: Some(error), ..AddUserResult::default() }
}

fn add_one(state: &mut State, wanted: NewUser, creator: &str) -> Result<AddUserResult, RemoteError> {
    let NewUser { username, display_name, password } = wanted;
    if !is_valid(&username) {
        return Err(RemoteError::plain(format!("failed to create user: invalid user name \"{username}\"")));
    }
    if state.users.keys().any(|name| name.eq_ignore_ascii_case(&username)) {
        let message = format!("failed to create user: user {username} already exists");
        return Err(RemoteError::new(Code::AlreadyExists, message));
    }
    // the key itself is no password; the user sets one at registration
    let secret_key = if password.is_empty() { secret_key() } else { String::new() };
    let password = if password.is_empty() { Uuid::new_v4().to_string() } else { password };
    let user = User {
        display_name,
        password,
        access: Access::Login,
        enabled: true,
        created: Utc::now(),
        created_by: creator.to_owned(),
        last_connection: None,
    };
    let tag = Tag::new("user", &username).to_string();
    state.users.insert(username, user);
    Ok(AddUserResult { tag, secret_key, error: None })
}

fn remove(call: &Call, params: Entities) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    Ok(call.write(|state| {
        let mut one = |tag: &str| {
            let name = name(tag)?;
            if name == OWNER {
                return Err(RemoteError::plain(format!("cannot delete controller owner \"{name}\"")));
            }
            let missing = || {
                let message = format!("failed to delete user \"{name}\": user \"{name}\" not found");
                RemoteError::new(Code::NotFound, message)
            };
            state.users.remove(&name).ok_or_else(missing)?;
            for model in state.models.values_mut() {
                model.users.remove(&name);
            }
            Ok(())
        };
        ErrorResults { results: params.entities.iter().map(|entity| ErrorResult::of(one(&entity.tag))).collect() }
    }))
}

fn enable(call: &Call, params: &Entities, enabled: bool) -> Result<ErrorResults, RemoteError> {
    call.require_superuser()?;
    Ok(call.write(|state| {
        let mut one = |tag: &str| {
            let name = name(tag)?;
            // the real server hides even from an admin that the user is unknown
            let user = state.users.get_mut(&name).ok_or_else(permission_denied)?;
            if name == OWNER && !enabled {
                return Err(RemoteError::plain("failed to disable user: cannot disable controller model owner"));
            }
            user.enabled = enabled;
            Ok(())
        };
        ErrorResults { results: params.entities.iter().map(|entity| ErrorResult::of(one(&entity.tag))).collect() }
    }))
}

fn set_passwords(call: &Call, params: EntityPasswords) -> Result<ErrorResults, RemoteError> {
    let requester = call.user();
    Ok(call.write(|state| {
        let results = params.changes.into_iter().map(|change| ErrorResult::of(set_password(state, &requester, change)));
        ErrorResults { results: results.collect() }
    }))
}

fn set_password(state: &mut State, requester: &str, change: EntityPassword) -> Result<(), RemoteError> {
    let name = name(&change.tag)?;
    let allowed = name == requester || state.is_superuser(requester);
    let user = state.users.get_mut(&name).filter(|_| allowed).ok_or_else(permission_denied)?;
    if change.password.is_empty() {
        return Err(RemoteError::plain("cannot use an empty password"));
    }
    user.password = change.password;
    Ok(())
}

/// Takes passwords away; users cannot reset their own.
fn reset(call: &Call, params: Entities) -> Result<AddUserResults, RemoteError> {
    let requester = call.user();
    Ok(call.write(|state| {
        let allowed = state.is_superuser(&requester);
        let mut one = |tag: &str| {
            let name = name(tag)?;
            let user =
                state.users.get_mut(&name).filter(|_| allowed && name != requester).ok_or_else(permission_denied)?;
            user.password = Uuid::new_v4().to_string();
            Ok(secret_key())
        };
        let mut result = |tag: String| match one(&tag) {
            Ok(secret_key) => AddUserResult { tag, secret_key, error: None },
            Err(error) => AddUserResult { tag, error: Some(error), ..AddUserResult::default() },
        };
        AddUserResults { results: params.entities.into_iter().map(|entity| result(entity.tag)).collect() }
    }))
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn names_are_those_that_juju_takes() {
        for good in ["bob", "b", "mary.ann", "a+b-c", "x9"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", "-bob", "bob.", "bob smith", "bob@home", "ü"] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
