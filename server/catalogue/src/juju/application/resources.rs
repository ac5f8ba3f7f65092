//! Resources of charms: selects revisions, and uploads local files.

use std::{collections::BTreeMap, sync::Arc};

use juju_client::Connection;
use juju_wire::{
    entity::{Entities, Entity},
    facade::{
        application::origin::CharmOrigin,
        charms::{
            ListCharmResources,
            meta::CharmResourceMeta,
            resolve::{CharmURLAndOrigin, CharmURLAndOrigins},
        },
        resources::{AddPendingResources, AddPendingResourcesArgsV2, CharmResource, ListResources, Resource},
    },
};
use serde_json::{Value, json};

use super::archive::{read_local_file, readable};
use crate::{Failure, ResolvedTarget, entity, juju::render::bulk_single};

/// A charm of the model and the requested resources.
pub(super) struct ResourceRequest<'a> {
    pub(super) application: &'a str,
    pub(super) url: &'a str,
    pub(super) origin: &'a CharmOrigin,
}

/// Resources of a charm by name.
pub(super) type Described = BTreeMap<String, CharmResourceMeta>;
/// For a resource's name a revision of the store, a path, or an image.
pub(super) type Wanted = BTreeMap<String, String>;

/// Rejects unknown options before any request.
///
/// # Errors
/// [`Failure`] naming the resource.
pub(super) fn check<T>(described: &BTreeMap<String, T>, wanted: &Wanted) -> Result<(), Failure> {
    match wanted.keys().find(|name| !described.contains_key(*name)) {
        None => Ok(()),
        Some(unknown) => {
            let known: Vec<_> = described.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(Failure::refused(format!("the charm has no resource `{unknown}`"), format!("it has: {known}")))
        }
    }
}

/// Refuses paths that cannot be read, before anything is sent. Whether a bare word is a file or an image, only the charm
/// knows.
///
/// # Errors
/// [`Failure`] naming the path.
pub(super) async fn check_paths(target: &ResolvedTarget, wanted: &Wanted) -> Result<(), Failure> {
    for value in wanted.values().filter(|value| value.starts_with(['.', '/', '~', '\\'])) {
        readable(target, value).await?;
    }
    Ok(())
}

/// Adds pending resources for a deploy or refresh. Returns their ids by name.
///
/// # Errors
/// [`Failure`] where one is not known, cannot be read, or is refused by the controller.
pub(super) async fn prepare(
    needy: &ResourceRequest<'_>,
    described: &Described,
    wanted: &Wanted,
    target: &ResolvedTarget,
) -> Result<BTreeMap<String, String>, Failure> {
    check(described, wanted)?;
    let connection = target.model_connection().await?;
    let mut uploads = Vec::new();
    let mut asked = Vec::new();
    for (name, meta) in described {
        let (origin, revision) = match wanted.get(name).map(|value| (value, value.parse::<i64>())) {
            None => ("store", -1),
            Some((_, Ok(revision))) => ("store", revision),
            Some((value, Err(_))) => {
                uploads.push((name, value, content(target, &meta.kind, value).await?));
                ("upload", 0)
            }
        };
        asked.push(CharmResource {
            name: name.clone(),
            kind: meta.kind.clone(),
            path: meta.path.clone(),
            description: meta.description.clone(),
            origin: origin.to_owned(),
            revision,
            ..CharmResource::default()
        });
    }
    if asked.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names: Vec<_> = asked.iter().map(|resource| resource.name.clone()).collect();
    let args = AddPendingResourcesArgsV2 {
        tag: entity::application(needy.application),
        url: needy.url.to_owned(),
        charm_origin: needy.origin.clone(),
        macaroon: None,
        resources: asked,
    };
    let added = connection.call::<AddPendingResources>(args).await?;
    if let Some(error) = added.error {
        return Err(error.into());
    }
    let ids: BTreeMap<_, _> = names.into_iter().zip(added.pending_ids).collect();
    for (name, file_name, content) in uploads {
        let id = ids.get(name).map(String::as_str);
        connection.upload_resource(needy.application, name, file_name, id, content).await?;
    }
    Ok(ids)
}

/// The upload for a value that is not a revision: a file or an image reference.
///
/// # Errors
/// [`Failure`] where it can be neither.
pub(in crate::juju) async fn content(target: &ResolvedTarget, kind: &str, value: &str) -> Result<Vec<u8>, Failure> {
    if kind != "oci-image" {
        return read_local_file(target, value).await;
    }
    let is_image = !value.is_empty()
        && !value.starts_with(['.', '/'])
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte));
    if !is_image {
        return Err(Failure::refused(
            format!("a resource of this kind has to be an image, not: {value}"),
            "give it like `ghcr.io/acme/web:1.2`, or a revision",
        ));
    }
    Ok(format!("registrypath: {value}\n").into_bytes())
}

/// The resources that a refresh has to update: requested, new, and those with a newer revision in Charmhub.
///
/// # Errors
/// [`Failure`] where the controller cannot say what there is.
pub(super) async fn outdated(
    needy: &ResourceRequest<'_>,
    described: Described,
    wanted: &Wanted,
    connection: &Arc<Connection>,
) -> Result<Described, Failure> {
    if described.is_empty() {
        return Ok(described);
    }
    let is_local = needy.origin.source == "local";
    let (current, store) = (current(needy, connection).await?, of_store(needy, connection).await?);
    let needed = |name: &String| is_outdated(current.get(name), wanted.get(name), store.get(name), is_local);
    Ok(described.into_iter().filter(|(name, _)| needed(name)).collect())
}

/// The resource changes of a refresh: current and new revision by name.
///
/// # Errors
/// [`Failure`] where the charm has no such resource, or the controller cannot say what there is.
pub(super) async fn changes(
    needy: &ResourceRequest<'_>,
    wanted: &Wanted,
    target: &ResolvedTarget,
) -> Result<Value, Failure> {
    let connection = target.model_connection().await?;
    let (current, store) = (current(needy, &connection).await?, of_store(needy, &connection).await?);
    check(&store, wanted)?;
    let changed = store
        .iter()
        .filter(|(name, revision)| is_outdated(current.get(*name), wanted.get(*name), Some(*revision), false));
    let wire = changed.map(|(name, revision)| {
        let now = current.get(name).map(|resource| match resource.origin.as_str() {
            "store" => json!(resource.revision),
            other => json!(other),
        });
        let then = wanted.get(name).map_or_else(|| json!(revision), |value| json!(value));
        (name.clone(), json!({"from": now, "to": then}))
    });
    Ok(wire.collect())
}

/// The resources that an application has, by name.
async fn current(
    needy: &ResourceRequest<'_>,
    connection: &Arc<Connection>,
) -> Result<BTreeMap<String, Resource>, Failure> {
    let of = Entities { entities: vec![Entity { tag: entity::application(needy.application) }] };
    let reply = connection.call::<ListResources>(of).await?;
    let listed = bulk_single(reply.results, |listed| listed.error.take())?;
    Ok(listed.resources.into_iter().map(|resource| (resource.name.clone(), resource)).collect())
}

/// The revision that the store gives with a charm, for each resource; none for a charm of a file.
pub(super) async fn of_store(
    needy: &ResourceRequest<'_>,
    connection: &Arc<Connection>,
) -> Result<BTreeMap<String, i64>, Failure> {
    if needy.origin.source == "local" {
        return Ok(BTreeMap::new());
    }
    let charm =
        CharmURLAndOrigin { charm_url: needy.url.to_owned(), charm_origin: needy.origin.clone(), macaroon: None };
    let wire = connection.call::<ListCharmResources>(CharmURLAndOrigins { entities: vec![charm] }).await?;
    let rows = wire.results.into_iter().flatten().filter(|row| row.error.is_none());
    Ok(rows.map(|row| (row.name, row.revision)).collect())
}

fn is_outdated(now: Option<&Resource>, wanted: Option<&String>, store: Option<&i64>, is_local: bool) -> bool {
    let from_store = |now: &Resource| now.origin == "store";
    match (now, wanted) {
        (Some(now), Some(wanted)) => !(from_store(now) && wanted.parse() == Ok(now.revision)),
        (None, _) => true,
        // what the user gave is never replaced unasked
        (Some(now), None) => !is_local && now.origin != "upload" && store != Some(&now.revision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(origin: &str, revision: i64) -> Resource {
        Resource { origin: origin.to_owned(), revision, ..Resource::default() }
    }

    #[test]
    fn resource_updates_include_requested_new_and_newer() {
        let (store, upload) = (resource("store", 3), resource("upload", 0));
        let text = str::to_owned;
        assert!(is_outdated(None, None, Some(&3), false));
        assert!(is_outdated(Some(&store), None, Some(&4), false));
        assert!(is_outdated(Some(&store), Some(&text("2")), Some(&3), false));
        assert!(is_outdated(Some(&upload), Some(&text("./file")), None, true));
        assert!(!is_outdated(Some(&store), None, Some(&3), false));
        assert!(!is_outdated(Some(&store), Some(&text("3")), Some(&4), false));
        assert!(!is_outdated(Some(&upload), None, Some(&3), false), "what the user gave stays");
    }

    #[test]
    fn unknown_resource_is_rejected_by_name() {
        let described = BTreeMap::from([("image".to_owned(), CharmResourceMeta::default())]);
        let refusal = check(&described, &Wanted::from([("imgae".to_owned(), "1".to_owned())])).expect_err("unknown");
        assert!(refusal.to_string().contains("imgae") && refusal.remedy().is_some_and(|text| text.contains("image")));
        assert!(check(&described, &Wanted::from([("image".to_owned(), "1".to_owned())])).is_ok());
    }
}
