//! One watched model: its graph, the task that feeds it, and the handles that keep it watched.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use juju_client::{Error, ReadOnlyController, ReadOnlyControllers, ReadOnlySession};
use juju_wire::{
    Code, Delta,
    facade::client::{
        FullStatus,
        status::{FullStatusResult, StatusParams},
    },
};
use parking_lot::RwLock;
use tokio::{sync::watch, time};

use crate::{
    EntityChange, EntityName, EventId, EventLog, EventReader, ModelGraph, ModelIdentity, StatusRequest, StatusSnapshot,
    delta_feed::DeltaFeed, graph::NamedChange, own_writes::OwnWrites, status_cache::StatusCache, status_refresh,
};

/// First delay before a lost feed is started again; doubled after each failure.
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// Maximum delay before a lost feed is started again.
const MAX_DELAY: Duration = Duration::from_secs(10);
/// Time between two checks whether the endpoint or credential of the controller was replaced.
const REPLACEMENT_CHECK_INTERVAL: Duration = Duration::from_secs(15);

/// Whether a watched model is up to date.
#[derive(Debug, Clone)]
pub enum WatchCondition {
    /// Nothing is known of the model yet.
    Starting,
    /// Each change arrives.
    Live,
    /// Changes do not arrive since then; the watch is being restored.
    Interrupted {
        /// Since when.
        since: DateTime<Utc>,
        /// Why.
        error: Error,
    },
    /// The model is no longer watched, and its state is not known: it is gone, or not visible to the user.
    Ended {
        /// Why.
        error: Error,
    },
}

/// A model that is watched.
#[derive(Debug)]
pub(crate) struct WatchedModel {
    identity: Arc<ModelIdentity>,
    log: Arc<EventLog>,
    graph: RwLock<ModelGraph>,
    condition: watch::Sender<WatchCondition>,
    /// What the controller returned last, for what watchers do not report.
    pub(crate) status: StatusCache,
    /// Writes of this server.
    pub(crate) own_writes: OwnWrites,
    /// Number of handles that need this model.
    handles: watch::Sender<usize>,
}

/// How a feed ended.
pub(crate) enum FeedEnd {
    /// No handle has needed the model for the idle time.
    Idle,
    /// The endpoint or credential of the controller was replaced.
    Replaced,
    /// The feed failed.
    Failed(Error),
}

impl WatchedModel {
    pub(crate) fn new(identity: ModelIdentity, log: Arc<EventLog>) -> Arc<Self> {
        let condition = watch::Sender::new(WatchCondition::Starting);
        let (graph, handles) = (RwLock::default(), watch::Sender::new(0));
        let (status, own_writes) = (StatusCache::default(), OwnWrites::new());
        Arc::new(Self { identity: Arc::new(identity), log, graph, condition, status, own_writes, handles })
    }

    pub(crate) fn identity(&self) -> &Arc<ModelIdentity> {
        &self.identity
    }

    pub(crate) fn handle(self: &Arc<Self>) -> ModelWatch {
        self.handles.send_modify(|handles| *handles += 1);
        ModelWatch(Arc::clone(self))
    }

    pub(crate) fn has_handles(&self) -> bool {
        *self.handles.borrow() > 0
    }

    /// Feeds the graph until nothing needs it, or the model is gone. `is_idle` decides, for all at once, that no new handle
    /// comes any more.
    pub(crate) async fn run(
        self: Arc<Self>,
        controllers: ReadOnlyControllers,
        idle_timeout: Duration,
        is_idle: impl Fn() -> bool,
        refresh_interval: impl Fn() -> Duration,
    ) -> EndReason {
        let mut delay = FIRST_DELAY;
        loop {
            match self.follow(&controllers, idle_timeout, &refresh_interval).await {
                FeedEnd::Idle if is_idle() => return EndReason::Idle,
                FeedEnd::Idle => {}
                FeedEnd::Replaced => {
                    delay = FIRST_DELAY;
                    self.interrupt(Error::Configuration {
                        controller: self.identity.controller.to_string(),
                        cause: "its endpoint or credential was replaced".to_owned(),
                    });
                }
                FeedEnd::Failed(error) => {
                    if let Some(reason) = self.is_gone(&controllers, &error).await {
                        return EndReason::Gone(reason);
                    }
                    if matches!(*self.condition.borrow(), WatchCondition::Live) {
                        delay = FIRST_DELAY;
                    }
                    self.interrupt(error);
                    let idle = time::timeout(delay, self.idle(idle_timeout)).await.is_ok();
                    if idle && is_idle() {
                        return EndReason::Idle;
                    }
                    delay = MAX_DELAY.min(delay * 2);
                }
            }
        }
    }

    /// Requests the status of the model, in a task of its own: a large answer must not delay the deltas. A failure leaves the status
    /// as it is; the feed reports a connection that is lost.
    async fn request_status(self: &Arc<Self>, session: ReadOnlySession) {
        let model = Arc::clone(self);
        let requested = tokio::spawn(async move {
            let request = model.status.request();
            let params = StatusParams { include_storage: true, ..StatusParams::default() };
            if let Ok(status) = session.call::<FullStatus>(params).await {
                model.store_status(request, status, None);
            }
        });
        let _ = requested.await;
    }

    /// Feeds the graph over one session.
    async fn follow(
        self: &Arc<Self>,
        controllers: &ReadOnlyControllers,
        idle_timeout: Duration,
        refresh_interval: &impl Fn() -> Duration,
    ) -> FeedEnd {
        let (controller, feed) = match self.start_feed(controllers).await {
            Ok(started) => started,
            Err(error) => return FeedEnd::Failed(error),
        };
        let mut is_first = true;
        let mut check = time::interval(REPLACEMENT_CHECK_INTERVAL);
        let idle = self.idle(idle_timeout);
        let is_needed = || self.status.fresh().is_none() && self.has_handles() && self.is_live();
        let session = feed.session().clone();
        let refresh = status_refresh::run(is_needed, || self.request_status(session.clone()), refresh_interval);
        tokio::pin!(idle, refresh);
        loop {
            let next = feed.next();
            tokio::pin!(next);
            let deltas = loop {
                tokio::select! {
                    deltas = &mut next => break deltas,
                    () = &mut idle => return FeedEnd::Idle,
                    () = &mut refresh => {}
                    _ = check.tick() => {
                        let now = controllers.controller(&self.identity.controller);
                        if !now.is_ok_and(|now| now.is_same(&controller)) {
                            return FeedEnd::Replaced;
                        }
                    }
                }
            };
            match deltas {
                Ok(deltas) if std::mem::take(&mut is_first) => self.replace(&deltas),
                Ok(deltas) => self.apply(&deltas),
                Err(error) => return FeedEnd::Failed(error),
            }
        }
    }

    async fn start_feed(&self, controllers: &ReadOnlyControllers) -> Result<(ReadOnlyController, DeltaFeed), Error> {
        let controller = controllers.controller(&self.identity.controller)?;
        let session = controller.model_session(&self.identity.uuid).await?;
        Ok((controller, DeltaFeed::start(session).await?))
    }

    /// Returns when no handle has existed for the idle time.
    async fn idle(&self, idle_timeout: Duration) {
        let mut handles = self.handles.subscribe();
        loop {
            // `self` has the sender, so that the wait does not fail
            let _ = handles.wait_for(|handles| *handles == 0).await;
            if time::timeout(idle_timeout, handles.wait_for(|handles| *handles > 0)).await.is_err() {
                return;
            }
        }
    }

    /// Why the model will not come back, after a feed has failed; `None` if it can.
    async fn is_gone(&self, controllers: &ReadOnlyControllers, error: &Error) -> Option<Error> {
        match error {
            Error::ModelUnknown { .. } | Error::ControllerUnknown { .. } => return Some(error.clone()),
            Error::Remote(remote) if matches!(remote.code, Code::Unauthorized | Code::Forbidden) => {
                return Some(error.clone());
            }
            Error::Remote(_) => {}
            _ => return None,
        }
        // the session with a destroyed model can stay open: the list of models is the truth
        let models = controllers.controller(&self.identity.controller).ok()?.models().await.ok()?;
        let exists = models.iter().any(|model| *model.uuid == *self.identity.uuid);
        (!exists).then(|| error.clone())
    }

    /// Takes the first reply of a feed, which has every entity: the events are the differences to what was known.
    fn replace(&self, snapshot: &[Delta]) {
        let newer = ModelGraph::from_snapshot(snapshot);
        let mut graph = self.graph.write();
        let is_start = matches!(*self.condition.borrow(), WatchCondition::Starting) || graph.is_empty();
        let mut changes = if is_start { Vec::new() } else { graph.changes_to(&newer) };
        let change = if is_start { EntityChange::WatchStarted {} } else { EntityChange::WatchResumed {} };
        changes.push((EntityName::Model, change));
        *graph = newer;
        self.record(changes);
        self.status.invalidate();
        drop(graph);
        self.own_writes.report();
        self.condition.send_replace(WatchCondition::Live);
    }

    fn apply(&self, deltas: &[Delta]) {
        // the events are recorded under the lock, so that a graph and a place in the log that are read together fit
        let mut graph = self.graph.write();
        let changes = graph.apply(deltas);
        self.record(changes);
        self.status.invalidate();
        drop(graph);
        self.own_writes.report();
    }

    /// Takes a status that the controller has returned.
    pub(crate) fn store_status(
        &self,
        request: StatusRequest,
        status: FullStatusResult,
        storage_problem: Option<String>,
    ) -> Arc<StatusSnapshot> {
        let (snapshot, changes) = self.status.store(request, status, storage_problem);
        // the lock of the graph, so that a graph and a place in the log that are read together fit
        let _graph = self.graph.write();
        self.record(changes);
        snapshot
    }

    pub(crate) fn is_live(&self) -> bool {
        matches!(*self.condition.borrow(), WatchCondition::Live)
    }

    fn interrupt(&self, error: Error) {
        let was_live = matches!(*self.condition.borrow(), WatchCondition::Live);
        if was_live {
            let reason = error.to_string().into();
            self.record(vec![(EntityName::Model, EntityChange::WatchInterrupted { reason })]);
        }
        self.condition.send_modify(|condition| match condition {
            WatchCondition::Interrupted { error: latest, .. } => *latest = error,
            condition => *condition = WatchCondition::Interrupted { since: Utc::now(), error },
        });
    }

    /// Records that the model is no longer watched.
    pub(crate) fn end(&self, reason: &EndReason) {
        let mut graph = self.graph.write();
        let mut changes = Vec::new();
        let text = match reason {
            EndReason::Idle => "nothing needs it any more".to_owned(),
            EndReason::Gone(error) => {
                if graph.model.is_some() && matches!(error, Error::ModelUnknown { .. } | Error::Remote(_)) {
                    changes.push((EntityName::Model, EntityChange::Removed {}));
                }
                self.condition.send_replace(WatchCondition::Ended { error: error.clone() });
                error.to_string()
            }
        };
        changes.push((EntityName::Model, EntityChange::WatchEnded { reason: text.into() }));
        *graph = ModelGraph::default();
        self.status.clear();
        self.record(changes);
    }

    fn record(&self, changes: Vec<NamedChange>) {
        self.log.append(&self.identity, changes, Utc::now());
    }
}

/// Why a model is no longer watched.
pub(crate) enum EndReason {
    Idle,
    Gone(Error),
}

/// A handle of a watched model. The model stays watched as long as a handle exists, and for the idle time after that.
#[derive(Debug)]
pub struct ModelWatch(Arc<WatchedModel>);

/// The state of a model at one place in the log.
#[derive(Debug)]
pub struct ModelView<'a> {
    /// The model.
    pub identity: &'a ModelIdentity,
    /// The entities.
    pub graph: &'a ModelGraph,
    /// When this was the state of the model: now, while it is watched without interruption.
    pub as_of: DateTime<Utc>,
    /// The last event that this state has.
    pub last_event: EventId,
}

impl ModelWatch {
    /// The model.
    #[must_use]
    pub fn identity(&self) -> &Arc<ModelIdentity> {
        &self.0.identity
    }

    /// Whether the model is up to date.
    #[must_use]
    pub fn condition(&self) -> WatchCondition {
        self.0.condition.borrow().clone()
    }

    /// Waits until the state of the model is known.
    ///
    /// # Errors
    /// Why it is not: the error of the connection, or that of a model that is gone. A later call can succeed.
    pub async fn ready(&self) -> Result<(), Error> {
        let mut condition = self.0.condition.subscribe();
        // this handle has the sender, so that the wait does not fail
        let known = condition.wait_for(|condition| !matches!(condition, WatchCondition::Starting)).await;
        match known.as_deref() {
            Ok(WatchCondition::Ended { error }) => Err(error.clone()),
            Ok(WatchCondition::Interrupted { error, .. }) if self.0.graph.read().is_empty() => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// The status of the model as the controller returned it, if nothing newer is known; see [`StatusSnapshot`].
    #[must_use]
    pub fn fresh_status(&self) -> Option<Arc<StatusSnapshot>> {
        self.0.status.fresh().filter(|_| self.0.is_live())
    }

    /// Call this before the status of the model is requested, for [`Self::store_status`].
    #[must_use]
    pub fn request_status(&self) -> StatusRequest {
        self.0.status.request()
    }

    /// Stores the answer of the controller to the request for the whole status. It is fresh for others if nothing has changed
    /// since the request.
    pub fn store_status(
        &self,
        request: StatusRequest,
        status: FullStatusResult,
        storage_problem: Option<String>,
    ) -> Arc<StatusSnapshot> {
        self.0.store_status(request, status, storage_problem)
    }

    /// Waits until the state has the writes of this server that have ended, for a short time at most.
    pub async fn wait_for_own_writes(&self) {
        self.0.own_writes.wait_until_reported().await;
    }

    /// Reads the state of the model, which does not change meanwhile: `read` must be short.
    pub fn read<T>(&self, read: impl FnOnce(ModelView<'_>) -> T) -> T {
        let graph = self.0.graph.read();
        let as_of = match &*self.0.condition.borrow() {
            WatchCondition::Interrupted { since, .. } => *since,
            _ => Utc::now(),
        };
        read(ModelView { identity: &self.0.identity, graph: &graph, as_of, last_event: self.0.log.last_id() })
    }

    /// Reads the state of the model, with a reader of the events after it: together they miss nothing and repeat nothing.
    pub fn read_and_follow<T>(&self, read: impl FnOnce(&ModelGraph) -> T) -> (T, EventReader) {
        let graph = self.0.graph.read();
        (read(&graph), self.0.log.reader())
    }
}

impl Drop for ModelWatch {
    fn drop(&mut self) {
        self.0.handles.send_modify(|handles| *handles -= 1);
    }
}
