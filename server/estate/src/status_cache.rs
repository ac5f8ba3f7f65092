//! The last status that the controller returned of a model, for readers that need all of it and not only what watchers report.
//!
//! It is fresh while the watcher reports nothing newer, no write of this server may have changed it, and it is not too old:
//! watchers do not report leaders, lost agents, statuses of relations, storage and branches.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use juju_wire::facade::client::{application::ApplicationStatus, status::FullStatusResult};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{EntityChange, EntityName, graph::NamedChange};

/// Maximum age of a fresh status.
pub(crate) const MAX_STATUS_AGE: Duration = Duration::from_secs(15);

/// A status of a model as the controller returned it.
#[derive(Debug)]
pub struct StatusSnapshot {
    /// When it was requested.
    pub as_of: DateTime<Utc>,
    /// The status, with storage where the controller has returned it.
    pub status: Arc<FullStatusResult>,
    /// Why it has no storage, where Juju could not return it.
    pub storage_problem: Option<String>,
}

/// A request for a status: which changes its answer has at least.
#[derive(Debug, Clone, Copy)]
pub struct StatusRequest {
    /// Number of the request.
    number: u64,
    /// Revision of the model when it was sent.
    revision: u64,
    sent: Instant,
    time: DateTime<Utc>,
}

/// Leaders by application.
type Leaders = BTreeMap<Arc<str>, Box<str>>;

/// The last status of one model.
#[derive(Debug, Default)]
pub(crate) struct StatusCache(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    /// Counts everything that makes a status out of date.
    revision: u64,
    /// Writes of this server that have not ended: what is requested meanwhile may lack them.
    writes: usize,
    requests: u64,
    /// The number of the latest request with a known answer, with the leaders in it.
    leaders: Option<(u64, Leaders)>,
    stored: Option<(StatusRequest, Arc<StatusSnapshot>)>,
}

impl StatusCache {
    /// Something has changed, or may have.
    pub(crate) fn invalidate(&self) {
        let mut cached = self.0.lock();
        cached.revision += 1;
        cached.stored = None;
    }

    /// A write begins.
    pub(crate) fn begin_write(&self) {
        let mut cached = self.0.lock();
        cached.writes += 1;
        cached.stored = None;
    }

    /// A write has ended; `has_begun`: it was counted by [`Self::begin_write`].
    pub(crate) fn end_write(&self, has_begun: bool) {
        let mut cached = self.0.lock();
        cached.writes = cached.writes.saturating_sub(usize::from(has_begun));
        cached.revision += 1;
        cached.stored = None;
    }

    /// The status, if it is fresh; one that is too old is dropped.
    pub(crate) fn fresh(&self) -> Option<Arc<StatusSnapshot>> {
        let mut cached = self.0.lock();
        let age = cached.stored.as_ref()?.0.sent.elapsed();
        if age > MAX_STATUS_AGE {
            cached.stored = None;
        }
        cached.stored.as_ref().map(|(_, snapshot)| Arc::clone(snapshot))
    }

    /// A request that is sent now.
    pub(crate) fn request(&self) -> StatusRequest {
        let mut cached = self.0.lock();
        cached.requests += 1;
        StatusRequest { number: cached.requests, revision: cached.revision, sent: Instant::now(), time: Utc::now() }
    }

    /// Takes the answer of a request, and returns it with the changes that watchers do not report.
    pub(crate) fn store(
        &self,
        request: StatusRequest,
        status: FullStatusResult,
        storage_problem: Option<String>,
    ) -> (Arc<StatusSnapshot>, Vec<NamedChange>) {
        let snapshot = Arc::new(StatusSnapshot { as_of: request.time, status: Arc::new(status), storage_problem });
        let leaders = leaders(&snapshot.status);
        let mut cached = self.0.lock();
        let changes = match &cached.leaders {
            // an answer of an earlier request has arrived after that of a later one
            Some((known, _)) if *known > request.number => Vec::new(),
            Some((_, old)) => {
                let changes = leader_changes(old, &leaders);
                cached.leaders = Some((request.number, leaders));
                changes
            }
            None => {
                cached.leaders = Some((request.number, leaders));
                Vec::new()
            }
        };
        let is_newer = cached.stored.as_ref().is_none_or(|(stored, _)| stored.number < request.number);
        if request.revision == cached.revision && cached.writes == 0 && is_newer {
            cached.stored = Some((request, Arc::clone(&snapshot)));
        }
        (snapshot, changes)
    }

    /// Forgets everything: the model is no longer watched.
    pub(crate) fn clear(&self) {
        let mut cached = self.0.lock();
        (cached.stored, cached.leaders) = (None, None);
        cached.revision += 1;
    }
}

/// The leader of each application that has one.
fn leaders(status: &FullStatusResult) -> Leaders {
    let subordinates = |application: &ApplicationStatus| -> Vec<String> {
        let below = application.units.values().flat_map(|unit| &unit.subordinates);
        below.filter(|(_, unit)| unit.leader).map(|(name, _)| name.clone()).collect()
    };
    let own = |application: &ApplicationStatus| -> Vec<String> {
        application.units.iter().filter(|(_, unit)| unit.leader).map(|(name, _)| name.clone()).collect()
    };
    let units = status.applications.values().flat_map(|one| own(one).into_iter().chain(subordinates(one)));
    units.filter_map(|unit| Some((unit.split_once('/')?.0.into(), unit.as_str().into()))).collect()
}

/// The applications that have another leader than before; one that has none yet, or none for now, has no change.
fn leader_changes(old: &Leaders, new: &Leaders) -> Vec<NamedChange> {
    let changes = new.iter().filter_map(|(application, unit)| {
        let from = old.get(application).filter(|known| *known != unit)?.clone();
        Some((EntityName::Application(Arc::clone(application)), EntityChange::Leader { from, to: unit.clone() }))
    });
    changes.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn status(leader: &str) -> FullStatusResult {
        let unit = |name: &str| json!({"leader": name == leader});
        let units = json!({"web/0": unit("web/0"), "web/1": unit("web/1")});
        serde_json::from_value(json!({"applications": {"web": {"units": units}}})).expect("a status")
    }

    #[tokio::test(start_paused = true)]
    async fn status_is_fresh_until_a_change_a_write_or_its_age() {
        let cache = StatusCache::default();
        let store = |request| drop(cache.store(request, status("web/0"), None));
        store(cache.request());
        assert!(cache.fresh().is_some());
        cache.invalidate();
        assert!(cache.fresh().is_none(), "a change was reported");
        let early = cache.request();
        cache.invalidate();
        store(early);
        assert!(cache.fresh().is_none(), "the answer may lack a change that was reported meanwhile");
        store(cache.request());
        cache.begin_write();
        store(cache.request());
        assert!(cache.fresh().is_none(), "a write may change it");
        let during = cache.request();
        cache.end_write(true);
        store(during);
        assert!(cache.fresh().is_none(), "the answer may lack the write");
        store(cache.request());
        assert!(cache.fresh().is_some());
        tokio::time::advance(MAX_STATUS_AGE + Duration::from_secs(1)).await;
        assert!(cache.fresh().is_none(), "it is too old");
    }

    #[test]
    fn later_status_with_another_leader_is_a_change() {
        let cache = StatusCache::default();
        let (first, second, third) = (cache.request(), cache.request(), cache.request());
        assert_eq!(cache.store(first, status("web/0"), None).1, []);
        let changes = cache.store(third, status("web/1"), None).1;
        let expected = EntityChange::Leader { from: "web/0".into(), to: "web/1".into() };
        assert_eq!(changes, [(EntityName::Application("web".into()), expected)]);
        assert_eq!(cache.store(second, status("web/0"), None).1, [], "an earlier request changes nothing");
        assert_eq!(cache.store(cache.request(), status(""), None).1, [], "no leader for now");
    }
}
