//! Commands about users.

pub mod access;
pub mod add;
pub mod list;
pub mod password;
mod registration;
pub mod show;
pub mod switch;

use juju_client::Connection;
use juju_wire::{
    entity::Entities,
    facade::user_manager::{UserDetails, UserInfo, UserInfoRequest},
    tag::Tag,
};

use crate::{Failure, juju::render::bulk_result};

/// A user in the parameters of a request.
fn entities(name: &str) -> Entities {
    [Tag::new("user", name)].into_iter().collect()
}

/// What the controller knows of a user; fails if it has none of this name.
async fn find(connection: &Connection, name: &str, include_disabled: bool) -> Result<UserDetails, Failure> {
    let request = UserInfoRequest { entities: entities(name).entities, include_disabled };
    let item = connection.call::<UserInfo>(request).await?.results.into_iter().next().unwrap_or_default();
    bulk_result(item.result, item.error, name)
}

/// Refuses what is not the name of a user, `ana` or `ana@example`.
pub(in crate::juju) fn check_name(name: &str) -> Result<(), String> {
    let is_word = |word: &str| {
        let is_end = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
        let inside = |letter: char| letter.is_ascii_alphanumeric() || ".+-".contains(letter);
        word.len() > 1 && is_end(word.chars().next()) && is_end(word.chars().last()) && word.chars().all(inside)
    };
    let (user, domain) = name.split_once('@').map_or((name, None), |(user, domain)| (user, Some(domain)));
    if is_word(user) && domain.is_none_or(is_word) {
        return Ok(());
    }
    Err(format!("`user` has to be the name of a user like `ana`, not: {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_users_are_those_that_juju_accepts() {
        for name in ["ana", "a1", "ana.b+c-d", "ana@example.com"] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in ["", "a", "-ana", "ana-", "ana b", "ana@", "@x", "ana@a@b", "--output"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
