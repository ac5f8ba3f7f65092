//! From candidates to findings: opens, updates and closes them, and links consequences to their roots. No I/O and no clock.

mod roots;
mod tracked;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};

use crate::{
    Finding, FindingChangeKind, FindingEntity, FindingLog, FindingState, ObserverSettings,
    detector::{Candidate, DetectorDescription},
    detectors::closes_at_once,
    links::{Links, ModelLinks},
};

pub(crate) use tracked::Tracked;

/// How long a closed finding is stored.
const CLOSED_RETENTION: TimeDelta = TimeDelta::days(7);
/// Bytes of a fingerprint.
const FINGERPRINT_BYTES: usize = 8;

/// The candidates of one model.
#[derive(Debug)]
pub(crate) struct ModelCandidates {
    pub(crate) links: ModelLinks,
    pub(crate) controller: Box<str>,
    pub(crate) model: Box<str>,
    pub(crate) candidates: Vec<(&'static DetectorDescription, Candidate)>,
}

/// What one look at all models has.
#[derive(Debug)]
pub(crate) struct Look {
    pub(crate) models: Vec<ModelCandidates>,
    /// Controllers that have listed their models.
    pub(crate) listed: BTreeSet<Box<str>>,
    /// Controller and model of those that are observed, whether their state is known or not.
    pub(crate) observed: BTreeSet<(Box<str>, Box<str>)>,
}

/// All findings.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    /// Open findings by fingerprint.
    open: BTreeMap<String, Tracked>,
    /// Closed findings by id.
    closed: BTreeMap<String, Arc<Finding>>,
    /// When candidates that have not opened a finding yet were first observed.
    pending: BTreeMap<String, DateTime<Utc>>,
}

/// What has to be stored after a look.
#[derive(Debug, Default)]
pub(crate) struct ToStore {
    pub(crate) changed: Vec<Tracked>,
    pub(crate) removed: Vec<String>,
}

impl Engine {
    /// The engine after a restart at `now`.
    pub(crate) fn from_stored(stored: Vec<Tracked>, now: DateTime<Utc>) -> Self {
        let mut engine = Self::default();
        for mut tracked in stored {
            if tracked.finding.is_open() {
                // what happened in between is not known: the time without candidate begins now
                Arc::make_mut(&mut tracked.finding).last_seen = now;
                engine.open.insert(tracked.finding.fingerprint.clone(), tracked);
            } else {
                engine.closed.insert(tracked.finding.id.clone(), tracked.finding);
            }
        }
        engine
    }

    /// All findings: open ones, and those that closed recently.
    pub(crate) fn findings(&self) -> Vec<Arc<Finding>> {
        let open = self.open.values().map(|tracked| Arc::clone(&tracked.finding));
        open.chain(self.closed.values().cloned()).collect()
    }

    /// Takes a look at `now`, and appends the changes to the log.
    pub(crate) fn apply(
        &mut self,
        look: Look,
        settings: &ObserverSettings,
        log: &FindingLog,
        now: DateTime<Utc>,
    ) -> ToStore {
        let before = self.open.clone();
        let seen = self.observe(&look, settings, now);
        let ended = self.end(&look, &seen, settings, now);
        let links = Links(look.models.into_iter().map(|model| model.links).collect());
        roots::link(&mut self.open, &links);
        let mut to_store = ToStore::default();
        self.record_open(&before, log, now, &mut to_store);
        for tracked in ended {
            let mut finding = Finding::clone(&tracked.finding);
            finding.state = FindingState::Closed;
            let finding = log.append(FindingChangeKind::Closed, finding, now);
            self.closed.insert(finding.id.clone(), Arc::clone(&finding));
            to_store.changed.push(Tracked { finding, ..tracked });
        }
        let is_old = |finding: &Finding| now.signed_duration_since(finding.last_seen) > CLOSED_RETENTION;
        to_store.removed.extend(self.closed.values().filter(|one| is_old(one)).map(|finding| finding.id.clone()));
        self.closed.retain(|_, finding| !is_old(finding));
        to_store
    }

    /// Opens and updates findings by the candidates; returns the fingerprints of those.
    fn observe(&mut self, look: &Look, settings: &ObserverSettings, now: DateTime<Utc>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        for (description, candidate) in look.models.iter().flat_map(|model| &model.candidates) {
            let is_silent = |silence: &crate::Silence| silence.matches(description.name, &candidate.entity, now);
            if settings.silences.iter().any(is_silent) {
                continue;
            }
            let fingerprint = fingerprint(description.name, &candidate.entity, &candidate.detail);
            seen.insert(fingerprint.clone());
            if let Some(tracked) = self.open.get_mut(&fingerprint) {
                update(tracked, candidate, now);
                continue;
            }
            let first = *self.pending.entry(fingerprint.clone()).or_insert(now);
            if now.signed_duration_since(first) >= candidate.hold {
                self.pending.remove(&fingerprint);
                self.open.insert(fingerprint.clone(), opened(description.name, fingerprint, candidate, first, now));
            }
        }
        self.pending.retain(|fingerprint, _| seen.contains(fingerprint));
        seen
    }

    /// Takes out the findings with a condition that has ended.
    fn end(
        &mut self,
        look: &Look,
        seen: &BTreeSet<String>,
        settings: &ObserverSettings,
        now: DateTime<Utc>,
    ) -> Vec<Tracked> {
        let evaluated: BTreeSet<(&str, &str)> =
            look.models.iter().map(|model| (&*model.controller, &*model.model)).collect();
        let has_ended = |tracked: &Tracked| {
            let finding = &tracked.finding;
            let FindingEntity { controller, model, .. } = &finding.entity;
            let is_silent = |silence: &crate::Silence| silence.matches(&finding.detector, &finding.entity, now);
            if settings.silences.iter().any(is_silent) || settings.disabled.contains(&finding.detector) {
                return true;
            }
            if !look.observed.contains(&(controller.clone(), model.clone())) {
                return look.listed.contains(controller);
            }
            evaluated.contains(&(&**controller, &**model))
                && !seen.contains(&finding.fingerprint)
                && (closes_at_once(&finding.detector)
                    || now.signed_duration_since(finding.last_seen) >= settings.close_after)
                && tracked.until.is_none_or(|until| now >= until)
        };
        let ended: Vec<String> =
            self.open.iter().filter(|(_, tracked)| has_ended(tracked)).map(|(key, _)| key.clone()).collect();
        ended.iter().filter_map(|fingerprint| self.open.remove(fingerprint)).collect()
    }

    /// Records the findings that are new or differ, roots first.
    fn record_open(
        &mut self,
        before: &BTreeMap<String, Tracked>,
        log: &FindingLog,
        now: DateTime<Utc>,
        to_store: &mut ToStore,
    ) {
        let mut order: Vec<String> = self.open.keys().cloned().collect();
        order.sort_by_key(|key| {
            self.open.get(key).map(|tracked| (!tracked.finding.is_root(), tracked.finding.first_seen))
        });
        for key in order {
            let Some(tracked) = self.open.get_mut(&key) else { continue };
            let change = match before.get(&key) {
                None => FindingChangeKind::Opened,
                Some(old) if differs(&old.finding, &tracked.finding) => FindingChangeKind::Updated,
                Some(_) => continue,
            };
            tracked.finding = log.append(change, Finding::clone(&tracked.finding), now);
            to_store.changed.push(tracked.clone());
        }
    }
}

/// Whether two states of a finding differ in what a reader has to know at once.
fn differs(old: &Finding, new: &Finding) -> bool {
    let class = |finding: &Finding| finding.cause.as_ref().map(|cause| cause.class);
    old.severity != new.severity
        || old.title != new.title
        || class(old) != class(new)
        || old.consequence_of != new.consequence_of
        || old.recommended != new.recommended
        || old.trend.direction != new.trend.direction
}

fn opened(
    detector: &str,
    fingerprint: String,
    candidate: &Candidate,
    first: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Tracked {
    let first_seen = candidate.since.min(first);
    let finding = Finding {
        id: format!("{fingerprint}-{:x}", now.timestamp()),
        fingerprint,
        detector: detector.to_owned(),
        severity: candidate.severity,
        title: candidate.title.clone(),
        entity: candidate.entity.clone(),
        affected: Vec::new(),
        evidence: candidate.evidence.clone(),
        consequence_of: None,
        cause: candidate.cause.clone(),
        trend: candidate.trend.clone(),
        first_seen,
        last_seen: now,
        recommended: candidate.recommended.clone(),
        state: FindingState::Open,
        change: 0,
    };
    let Candidate { until, has_own_cause, explains, .. } = *candidate;
    Tracked { finding: Arc::new(finding), until, has_own_cause, explains }
}

fn update(tracked: &mut Tracked, candidate: &Candidate, now: DateTime<Utc>) {
    let finding = Arc::make_mut(&mut tracked.finding);
    finding.severity = candidate.severity;
    finding.title.clone_from(&candidate.title);
    finding.evidence.clone_from(&candidate.evidence);
    finding.trend = candidate.trend.clone();
    finding.recommended.clone_from(&candidate.recommended);
    // what was known of the cause at the begin can be out of the history later
    let is_better = |new: f64| finding.cause.as_ref().is_none_or(|cause| new >= cause.confidence);
    if candidate.cause.as_ref().is_some_and(|cause| is_better(cause.confidence)) {
        finding.cause.clone_from(&candidate.cause);
    }
    finding.last_seen = now;
    tracked.until = candidate.until;
    tracked.has_own_cause |= candidate.has_own_cause;
    tracked.explains = candidate.explains;
}

/// Identifies a condition, independent of the time and of the program that observes it.
fn fingerprint(detector: &str, entity: &FindingEntity, detail: &str) -> String {
    let mut digest = Sha256::new();
    for part in [detector, &entity.controller, &entity.model, &entity.kind, &entity.name, detail] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    hex::encode(&digest.finalize()[..FINGERPRINT_BYTES])
}

#[cfg(test)]
mod tests;
