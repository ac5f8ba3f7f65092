//! Links consequences to the findings that they follow from.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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

/// How much earlier a cause of an entity's own is known than another condition of the entity that follows from it.
const OWN_CAUSE_LEAD: TimeDelta = TimeDelta::minutes(5);
/// How far peers and siblings are: behind everything that an entity depends on directly.
const PEER_DISTANCE: usize = 3;
/// Highest rank of conditions of machines and storage.
const MAX_HOST_RANK: u8 = 10;
/// Words of a provider that is used up by others.
const USED_UP: [&str; 4] = ["too many clients", "too many connections", "connection slots", "too many requests"];

/// A finding that can cause others or follow from them.
struct Linked {
    fingerprint: String,
    place: Place,
    key: (u8, DateTime<Utc>, String),
    reachable: BTreeMap<Place, usize>,
    /// Places of which only an own cause counts.
    beside: BTreeSet<Place>,
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
    let mut reachable: BTreeMap<Place, usize> = links.reachable(&place).into_iter().collect();
    let mut beside: BTreeSet<Place> = links.peers(&place).into_iter().collect();
    if is_used_up(finding) {
        beside.extend(links.siblings(&place));
    }
    beside.retain(|other| !reachable.contains_key(other));
    reachable.extend(beside.iter().map(|other| (other.clone(), PEER_DISTANCE)));
    let key = (rank, finding.first_seen, fingerprint.to_owned());
    Some(Linked { fingerprint: fingerprint.to_owned(), place, key, reachable, beside })
}

/// The finding that `one` follows from directly: the nearest along the relation graph.
fn parent<'a>(one: &Linked, all: &'a [Linked], open: &BTreeMap<String, Tracked>) -> Option<&'a Linked> {
    let tracked = open.get(&one.fingerprint)?;
    let is_own = tracked.has_own_cause || one.key.0 <= MAX_OWN_RANK;
    let can_cause = |other: &&Linked| {
        let Some(distance) = one.reachable.get(&other.place) else { return false };
        let Some(cause) = open.get(&other.fingerprint) else { return false };
        let is_mutual = other.reachable.contains_key(&one.place);
        let is_beside = one.beside.contains(&other.place);
        other.fingerprint != one.fingerprint
            && cause.finding.severity > FindingSeverity::Info
            && (!is_mutual || precedes(other, cause, one, tracked))
            && (!is_beside || counts_beside(other, cause, tracked))
            && cause.explains
            && (!is_own || *distance <= 1)
            && fits_in_time(&cause.finding, &tracked.finding)
    };
    let distance = |other: &&Linked| (one.reachable.get(&other.place).copied(), other.key.clone());
    all.iter().filter(can_cause).min_by_key(distance)
}

/// Whether one of two findings that could cause each other is the cause.
fn precedes(other: &Linked, cause: &Tracked, one: &Linked, consequence: &Tracked) -> bool {
    let leads = |first: &Tracked, second: &Tracked| {
        first.has_own_cause
            && !second.has_own_cause
            && first.finding.first_seen + OWN_CAUSE_LEAD <= second.finding.first_seen
    };
    // a disk that fills up after a wrong option follows from the option
    if one.place == other.place && leads(consequence, cause) {
        return false;
    }
    (one.place == other.place && leads(cause, consequence)) || other.key < one.key
}

/// Whether a finding of a peer or sibling is a cause: it is of a machine or storage, or its own cause is known.
fn counts_beside(other: &Linked, cause: &Tracked, consequence: &Tracked) -> bool {
    let is_own = cause.has_own_cause || cause.finding.detector == "drift";
    other.key.0 <= MAX_HOST_RANK
        || (is_own && !consequence.has_own_cause)
        || (is_own && is_used_up(&consequence.finding))
}

/// Whether the evidence of a finding is that others use up what it needs.
fn is_used_up(finding: &Finding) -> bool {
    finding.evidence.iter().any(|observed| {
        let value = observed.value.to_lowercase();
        USED_UP.iter().any(|words| value.contains(words))
    })
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
