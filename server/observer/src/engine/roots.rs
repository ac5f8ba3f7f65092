//! Links consequences to the findings that they follow from.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use super::tracked::{Tracked, rank};
use crate::{
    Finding, FindingCause, FindingSeverity,
    links::{Links, Place},
};

/// How much later than its consequence a root may be observed: statuses of machines change later than those of units.
const OBSERVATION_DELAY: TimeDelta = TimeDelta::minutes(30);
/// How long after a drift a failure can follow from it.
const DRIFT_WINDOW: TimeDelta = TimeDelta::hours(2);

/// Highest rank of conditions that do not follow from the providers of relations: those of machines, storage and configuration.
const MAX_OWN_RANK: u8 = 20;

/// A finding that can cause others or follow from them.
struct Linked {
    fingerprint: String,
    place: Place,
    key: (u8, DateTime<Utc>, String),
    reachable: BTreeMap<Place, usize>,
}

/// Sets for each open finding what it follows from, its cause and what it affects.
pub(super) fn link(open: &mut BTreeMap<String, Tracked>, links: &Links) {
    let linked: Vec<Linked> = open.iter().filter_map(|(key, tracked)| linked(key, tracked, links)).collect();
    let parents: BTreeMap<String, String> = linked
        .iter()
        .filter_map(|one| Some((one.fingerprint.clone(), parent(one, &linked, open)?.fingerprint.clone())))
        .collect();
    let causes: BTreeMap<String, Option<FindingCause>> =
        open.iter().map(|(key, tracked)| (key.clone(), tracked.finding.cause.clone())).collect();
    for one in &linked {
        let id = parents.get(&one.fingerprint).and_then(|parent| Some(open.get(parent)?.finding.id.clone()));
        let root = root(&one.fingerprint, &parents);
        let affected = links.affected(&one.place);
        let Some(tracked) = open.get_mut(&one.fingerprint) else { continue };
        let finding = Arc::make_mut(&mut tracked.finding);
        finding.consequence_of = id;
        finding.affected = affected;
        if root != one.fingerprint
            && let Some(Some(cause)) = causes.get(&root)
        {
            finding.cause = Some(cause.clone());
        }
    }
}

fn linked(fingerprint: &str, tracked: &Tracked, links: &Links) -> Option<Linked> {
    let finding = &tracked.finding;
    let (rank, place) = (rank(finding)?, links.place(&finding.entity)?);
    let reachable = links.reachable(&place).into_iter().collect();
    let key = (rank, finding.first_seen, fingerprint.to_owned());
    Some(Linked { fingerprint: fingerprint.to_owned(), place, key, reachable })
}

/// The finding that `one` follows from directly: the nearest along the relation graph.
fn parent<'a>(one: &Linked, all: &'a [Linked], open: &BTreeMap<String, Tracked>) -> Option<&'a Linked> {
    let tracked = open.get(&one.fingerprint)?;
    let is_own = tracked.has_own_cause || one.key.0 <= MAX_OWN_RANK;
    let can_cause = |other: &&Linked| {
        let Some(distance) = one.reachable.get(&other.place) else { return false };
        let Some(cause) = open.get(&other.fingerprint) else { return false };
        let is_mutual = other.reachable.contains_key(&one.place);
        other.fingerprint != one.fingerprint
            && cause.finding.severity > FindingSeverity::Info
            && (!is_mutual || other.key < one.key)
            && cause.explains
            && (!is_own || *distance <= 1)
            && fits_in_time(&cause.finding, &tracked.finding)
    };
    let distance = |other: &&Linked| (one.reachable.get(&other.place).copied(), other.key.clone());
    all.iter().filter(can_cause).min_by_key(distance)
}

fn fits_in_time(cause: &Finding, consequence: &Finding) -> bool {
    let later = cause.first_seen - consequence.first_seen;
    later <= OBSERVATION_DELAY && (cause.detector != "drift" || -later <= DRIFT_WINDOW)
}

/// The end of the chain of a finding.
fn root(fingerprint: &str, parents: &BTreeMap<String, String>) -> String {
    let mut root = fingerprint.to_owned();
    // a chain is not longer than all links together
    for _ in 0..=parents.len() {
        match parents.get(&root) {
            Some(parent) => root.clone_from(parent),
            None => break,
        }
    }
    root
}
