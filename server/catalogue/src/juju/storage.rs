//! Commands about storage and its pools.

pub mod add;
pub mod attach;
pub mod change_pool;
pub mod detach;
pub mod import;
pub mod list;
pub mod pools;
pub mod remove;
pub mod remove_pool;
pub mod show;

use std::collections::BTreeMap;

use juju_wire::{ErrorResults, entity::Entities, facade::storage::StorageDetails, tag::Tag};

use crate::{
    Failure, ResolvedTarget,
    juju::render::{Item, bulk_items},
};

/// Fails where one of these does not exist, so that no approver is asked about a mistyped id.
async fn require(target: &ResolvedTarget, ids: &[String]) -> Result<(), Failure> {
    let tags: Entities = ids.iter().map(|id| Tag::new("storage", id)).collect();
    let reply = target.model_connection().await?.call::<StorageDetails>(tags).await?;
    match reply.results.into_iter().find_map(|item| item.error) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// What is done with each of these, or why not.
fn outcomes(
    ids: Vec<String>,
    reply: ErrorResults,
    done: &'static str,
) -> Result<BTreeMap<String, Item<&'static str>>, Failure> {
    let item = |(id, item): (String, juju_wire::ErrorResult)| {
        let outcome = item.into_result().map(|()| done).map_err(Failure::from);
        (id, outcome)
    };
    bulk_items(ids.into_iter().zip(reply.results).map(item))
}

/// Refuses texts that are not ids of storage, `pgdata/0`.
fn check_ids(argument: &str, ids: &[String]) -> Result<(), String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = |text: &str| {
        text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    let fits = |id: &&String| id.split_once('/').is_some_and(|(name, number)| is_name(name) && is_number(number));
    match ids.iter().find(|id| !fits(id)) {
        Some(id) => Err(format!("`{argument}` has to hold ids like `pgdata/0`, not: {id}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_storage_are_a_name_and_a_number() {
        assert_eq!(check_ids("storage", &["pgdata/0".into(), "db-logs/12".into()]), Ok(()));
        for id in ["", "pgdata", "pgdata/", "/0", "pgdata/x", "pgdata/0/1", "Pgdata/0", "-f/0"] {
            assert!(check_ids("storage", &[id.to_owned()]).is_err(), "{id}");
        }
    }
}
