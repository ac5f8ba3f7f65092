//! What the charm of an application has: endpoints, and units of its own.

use std::collections::BTreeMap;

use juju_wire::{
    Code,
    facade::{
        application::origin::CharmRelation,
        charms::{CharmInfo, info::CharmURL, meta::CharmMeta},
    },
};

use super::{
    facts::Facts,
    unmet::{suggest, unmet},
};
use crate::{Failure, ResolvedTarget};

/// The endpoint that every charm provides without naming it.
pub(super) const JUJU_INFO: &str = "juju-info";

/// The metadata of the charm that an application of the model has now.
pub(super) async fn read_meta(facts: &Facts, application: &str, target: &ResolvedTarget) -> Result<CharmMeta, Failure> {
    let url = facts.known_application(application)?.charm.clone();
    let charm = target.model_connection().await?.call::<CharmInfo>(CharmURL { url }).await?;
    Ok(charm.meta.unwrap_or_default())
}

/// All endpoints of a charm, peers and the one that no charm names included.
pub(super) fn endpoints(meta: &CharmMeta) -> BTreeMap<String, CharmRelation> {
    let named = |role: &'static str, sides: &BTreeMap<String, CharmRelation>| {
        let side = move |(name, side): (&String, &CharmRelation)| {
            (name.clone(), CharmRelation { name: name.clone(), role: role.to_owned(), ..side.clone() })
        };
        sides.iter().map(side).collect::<Vec<_>>()
    };
    let implicit = CharmRelation {
        name: JUJU_INFO.to_owned(),
        role: "provider".to_owned(),
        interface: JUJU_INFO.to_owned(),
        scope: "global".to_owned(),
        ..CharmRelation::default()
    };
    std::iter::once((JUJU_INFO.to_owned(), implicit))
        .chain(named("provider", &meta.provides))
        .chain(named("requirer", &meta.requires))
        .chain(named("peer", &meta.peers))
        .collect()
}

/// Fails where the application lacks one of the endpoints; the empty name is all of them.
pub(super) async fn check_endpoints(
    facts: &Facts,
    application: &str,
    wanted: &[String],
    target: &ResolvedTarget,
) -> Result<(), Failure> {
    if wanted.iter().all(String::is_empty) {
        return Ok(());
    }
    let meta = read_meta(facts, application, target).await?;
    let mut known: Vec<String> = endpoints(&meta).into_keys().collect();
    known.extend(meta.extra_bindings.into_keys());
    match wanted.iter().find(|name| !name.is_empty() && !known.contains(name)) {
        Some(name) => Err(missing_endpoint(application, name, known.iter().map(String::as_str))),
        None => Ok(()),
    }
}

/// Fails where the application lacks one of the endpoints, in the words of methods about relations.
pub(super) async fn check_relation_endpoints(
    facts: &Facts,
    application: &str,
    wanted: &[String],
    target: &ResolvedTarget,
) -> Result<(), Failure> {
    let known = endpoints(&read_meta(facts, application, target).await?);
    match wanted.iter().find(|name| !known.contains_key(*name)) {
        Some(name) => Err(no_relation(application, name, known.keys().map(String::as_str))),
        None => Ok(()),
    }
}

pub(super) fn no_relation<'a>(application: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Failure {
    let remedy = suggest(name, known, "list endpoints with juju_show_application");
    unmet(Code::None, format!("application \"{application}\" has no \"{name}\" relation"), remedy)
}

fn missing_endpoint<'a>(application: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Failure {
    let remedy = suggest(name, known, "list endpoints with juju_show_application");
    unmet(Code::NotFound, format!("endpoint \"{name}\" of application \"{application}\" not found"), remedy)
}

/// Fails where the application does not expose one of the endpoints by itself.
pub(super) fn check_exposed(facts: &Facts, application: &str, wanted: &[String]) -> Result<(), Failure> {
    let exposed = &facts.known_application(application)?.exposed_endpoints;
    match wanted.iter().find(|name| !exposed.contains_key(*name)) {
        Some(name) => Err(missing_endpoint(application, name, exposed.keys().map(String::as_str))),
        None => Ok(()),
    }
}

/// Fails where the application is a subordinate, with units that come and go with those of its principals.
pub(super) async fn check_own_units(facts: &Facts, application: &str, target: &ResolvedTarget) -> Result<(), Failure> {
    if !read_meta(facts, application, target).await?.subordinate {
        return Ok(());
    }
    let remedy = "relate it to a principal application: it has a unit beside each unit of that".to_owned();
    Err(unmet(Code::None, format!("application \"{application}\" is a subordinate, without units of its own"), remedy))
}
