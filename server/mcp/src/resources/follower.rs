//! Follows the events of the estate for one client, and sends notices of the resources that change.
//!
//! A notice has no content, so many changes of one resource become one notice. A client that is slow delays only its own notices.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use dispatch::live_estate;
use estate::{EntityChange, EntityName, EstateEvent, EventBatch, EventReader, ModelWatch};
use futures::future::{FutureExt as _, select_all};
use logs::LogReader;
use observer::{FindingBatch, FindingChange, FindingReader};
use policy::Policy;
use rmcp::{
    RoleServer,
    model::{
        Extensions, ResourceListChangedNotification, ResourceListChangedNotificationMethod,
        ResourceUpdatedNotification, ResourceUpdatedNotificationParam, ServerNotification,
    },
    service::{Peer, SubscriptionSink},
};
use tokio::time::Instant;

use super::{
    ReadFailure,
    estate_source::{follow_log, read_model},
    estate_uri::{ESTATE, FINDINGS, LOG, ModelUri},
    findings_source::read_findings,
};
use crate::{request_scope::RequestScope, services::Services, transport::Session};

/// Events that are read at once.
const MAX_BATCH: usize = 2_000;
/// Minimum time between two notices of one resource.
const MIN_NOTICE_INTERVAL: Duration = Duration::from_millis(50);
/// Minimum time between two notices of the log of a model.
const MIN_LOG_INTERVAL: Duration = Duration::from_secs(1);
/// Time between two checks whether the policy was replaced.
const POLICY_CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// Time between two looks at the list of models, for a client that wants to know when it changes.
const LIST_CHECK_INTERVAL: Duration = Duration::from_secs(10);
/// Maximum time of a subscription: then the client has to show its credentials again.
const MAX_SUBSCRIPTION_TIME: Duration = Duration::from_hours(1);

/// Where the notices of a client go.
pub(crate) enum NoticeSink {
    /// A request `subscriptions/listen`.
    Listen(SubscriptionSink),
    /// A client over stdio.
    Peer(Peer<RoleServer>),
    /// The stream of an older client's session.
    Session(Arc<Session>),
}

impl NoticeSink {
    /// Sends a notice; `false` if the client is gone.
    async fn send(&self, notice: ServerNotification) -> bool {
        match self {
            Self::Listen(sink) => sink.send(notice).await.is_ok(),
            Self::Peer(peer) => peer.send_notification(notice).await.is_ok(),
            Self::Session(session) => session.notify(notice),
        }
    }
}

/// The subscriptions of one client that share a reader.
pub(crate) struct Follower {
    services: Services,
    scope: RequestScope,
    subscribed: Vec<Subscribed>,
    /// The list of models when the client was last notified of it; `None` if the client does not want to know.
    list: Option<BTreeSet<(String, String)>>,
    events: EventReader,
    /// Changes of findings; `None` if the client is not subscribed to them, or there is no observer.
    findings: Option<FindingReader>,
    /// When notices of logs may be sent again.
    next_log_notice: Instant,
    /// The policy that has authorized the subscriptions.
    policy: Arc<Policy>,
}

/// A resource that a client is subscribed to.
struct Subscribed {
    uri: String,
    source: Source,
}

/// What changes a resource.
enum Source {
    /// Events of all models.
    Estate,
    /// The changes of findings.
    Findings,
    /// Events of a model, which this handle keeps watched.
    Model(ModelUri, ModelWatch),
    /// Lines of the log of a model, which this reader keeps open.
    Log(LogReader),
}

impl Follower {
    /// Authorizes each subscription as a read of its resource, and watches the models.
    pub(crate) async fn start(
        services: Services,
        scope: RequestScope,
        uris: &[String],
        list: bool,
    ) -> Result<Self, (String, ReadFailure)> {
        let events = live_estate(&services.dispatcher, &scope.caller).events().reader();
        let policy = services.dispatcher.policy.current();
        let mut subscribed = Vec::with_capacity(uris.len());
        for uri in uris {
            let found = subscribe(&services, &scope, uri).await;
            subscribed.push(found.map_err(|failure| (uri.clone(), failure))?);
        }
        let list = if list { Some(dispatch::model_list(&services.dispatcher, &scope.caller).await) } else { None };
        let observer = services.dispatcher.observer.as_ref().filter(|_| uris.iter().any(|uri| uri == FINDINGS));
        let findings = observer.map(|observer| observer.log().subscribe());
        Ok(Self { services, scope, subscribed, list, events, findings, next_log_notice: Instant::now(), policy })
    }

    /// Leaves out what has happened until now, for a client that reads the resources only after this.
    #[must_use]
    pub(crate) fn skip_to_now(mut self) -> Self {
        self.events = live_estate(&self.services.dispatcher, &self.scope.caller).events().reader();
        self
    }

    /// Sends notices until the client is gone, the time is over or the server stops.
    ///
    /// # Errors
    /// The URI that the caller may no longer read, and why.
    pub(crate) async fn run(mut self, sink: &NoticeSink) -> Result<(), (String, ReadFailure)> {
        let stop = self.services.stopping.stop.clone();
        let end = tokio::time::sleep(MAX_SUBSCRIPTION_TIME);
        let mut policy_check = tokio::time::interval(POLICY_CHECK_INTERVAL);
        let mut list_check = tokio::time::interval(LIST_CHECK_INTERVAL);
        tokio::pin!(end);
        loop {
            let (batch, look_at_list) = tokio::select! {
                batch = self.events.next_batch(MAX_BATCH) => (batch, false),
                changes = next_findings(&mut self.findings) => {
                    self.authorize_again().await?;
                    if !self.notify_findings(sink, &changes).await {
                        return Ok(());
                    }
                    continue;
                }
                uris = next_logs(&mut self.subscribed, self.next_log_notice) => {
                    self.authorize_again().await?;
                    if !self.notify_logs(sink, uris).await? {
                        return Ok(());
                    }
                    continue;
                }
                _ = policy_check.tick() => (EventBatch::default(), false),
                _ = list_check.tick(), if self.list.is_some() => (EventBatch::default(), true),
                () = &mut end => return Ok(()),
                () = stop.cancelled() => return Ok(()),
            };
            // a caller that has lost a permission gets no further notice
            self.authorize_again().await?;
            self.resume_ended(&batch).await?;
            if !self.notify(sink, &batch, look_at_list).await {
                return Ok(());
            }
            if !batch.events.is_empty() {
                tokio::time::sleep(MIN_NOTICE_INTERVAL).await;
            }
        }
    }

    /// Authorizes all subscriptions again if the policy was replaced.
    async fn authorize_again(&mut self) -> Result<(), (String, ReadFailure)> {
        let current = self.services.dispatcher.policy.current();
        if Arc::ptr_eq(&current, &self.policy) {
            return Ok(());
        }
        for subscribed in &mut self.subscribed {
            let again = subscribe(&self.services, &self.scope, &subscribed.uri).await;
            *subscribed = again.map_err(|failure| (subscribed.uri.clone(), failure))?;
        }
        self.policy = current;
        Ok(())
    }

    /// Starts again what is subscribed of a model that is no longer watched: it may be gone, or not visible to the user of Juju.
    async fn resume_ended(&mut self, batch: &EventBatch) -> Result<(), (String, ReadFailure)> {
        let is_ended = |event: &&Arc<EstateEvent>| matches!(event.change, EntityChange::WatchEnded { .. });
        for event in batch.events.iter().filter(is_ended) {
            let of_model = |one: &&mut Subscribed| matches!(&one.source, Source::Model(_, watch) if watch.identity().uuid == event.model.uuid);
            for subscribed in self.subscribed.iter_mut().filter(of_model) {
                let again = subscribe(&self.services, &self.scope, &subscribed.uri).await;
                *subscribed = again.map_err(|failure| (subscribed.uri.clone(), failure))?;
            }
        }
        Ok(())
    }

    /// Sends a notice if a change is of a finding that the caller may know; `false` if the client is gone.
    async fn notify_findings(&self, sink: &NoticeSink, batch: &FindingBatch) -> bool {
        let may_see =
            |change: &FindingChange| dispatch::may_see_model(&self.policy, &self.scope.caller, &change.finding.entity);
        if !batch.is_incomplete && !batch.changes.iter().any(may_see) {
            return true;
        }
        let notice = ResourceUpdatedNotification::new(ResourceUpdatedNotificationParam::new(FINDINGS));
        sink.send(ServerNotification::ResourceUpdatedNotification(notice)).await
    }

    /// Sends a notice of each log with new lines; `false` if the client is gone. One that has ended is subscribed again.
    async fn notify_logs(&mut self, sink: &NoticeSink, logs: Vec<NewLines>) -> Result<bool, (String, ReadFailure)> {
        for NewLines { at, has_ended } in logs {
            let Some(subscribed) = self.subscribed.get_mut(at) else { continue };
            if has_ended {
                let again = subscribe(&self.services, &self.scope, &subscribed.uri).await;
                *subscribed = again.map_err(|failure| (subscribed.uri.clone(), failure))?;
            }
            let updated = ResourceUpdatedNotificationParam::new(subscribed.uri.clone());
            let notice = ResourceUpdatedNotification::new(updated);
            if !sink.send(ServerNotification::ResourceUpdatedNotification(notice)).await {
                return Ok(false);
            }
        }
        self.next_log_notice = Instant::now() + MIN_LOG_INTERVAL;
        Ok(true)
    }

    /// Sends the notices of a batch; `false` if the client is gone.
    async fn notify(&mut self, sink: &NoticeSink, batch: &EventBatch, look_at_list: bool) -> bool {
        for subscribed in self.subscribed.iter().filter(|subscribed| subscribed.is_changed_by(batch)) {
            let updated = ResourceUpdatedNotificationParam::new(subscribed.uri.clone());
            let notice = ResourceUpdatedNotification::new(updated);
            if !sink.send(ServerNotification::ResourceUpdatedNotification(notice)).await {
                return false;
            }
        }
        let Some(known) = &mut self.list else { return true };
        let mut is_changed = batch.missed > 0 || batch.events.iter().any(|event| changes_list(event));
        if look_at_list {
            let now = dispatch::model_list(&self.services.dispatcher, &self.scope.caller).await;
            is_changed |= now != *known;
            *known = now;
        }
        let method = ResourceListChangedNotificationMethod;
        let notice = ResourceListChangedNotification { method, extensions: Extensions::default() };
        !is_changed || sink.send(ServerNotification::ResourceListChangedNotification(notice)).await
    }
}

/// Waits for changes of findings; forever if the client is not subscribed to them.
async fn next_findings(reader: &mut Option<FindingReader>) -> FindingBatch {
    match reader {
        Some(reader) => reader.next_batch(MAX_BATCH).await,
        None => std::future::pending().await,
    }
}

/// A log with new lines, by its place among the subscriptions.
struct NewLines {
    at: usize,
    /// Whether no line will follow.
    has_ended: bool,
}

/// Waits until `earliest` and then for new lines of a log; forever if the client is subscribed to none.
async fn next_logs(subscribed: &mut [Subscribed], earliest: Instant) -> Vec<NewLines> {
    let logs = subscribed.iter_mut().enumerate().filter_map(|(at, one)| match &mut one.source {
        Source::Log(reader) => Some((at, reader)),
        _ => None,
    });
    let mut logs: Vec<_> = logs.collect();
    if logs.is_empty() {
        return std::future::pending().await;
    }
    tokio::time::sleep_until(earliest).await;
    let waits = logs.iter_mut().map(|(at, reader)| {
        let at = *at;
        async move { NewLines { at, has_ended: reader.next_batch(MAX_BATCH).await.is_err() } }.boxed()
    });
    let (first, _, waiting) = select_all(waits).await;
    drop(waiting);
    // what has come to the others meanwhile needs no second wait
    let mut found = vec![first];
    for (at, reader) in &mut logs {
        if *at != found[0].at && !reader.read(MAX_BATCH).lines.is_empty() {
            found.push(NewLines { at: *at, has_ended: false });
        }
    }
    found
}

async fn subscribe(services: &Services, scope: &RequestScope, uri: &str) -> Result<Subscribed, ReadFailure> {
    if uri == ESTATE {
        if !dispatch::may_list_models(&services.dispatcher, &scope.caller) {
            let sentence = "the role of the caller lists no models: an administrator can allow `juju_models`";
            return Err(ReadFailure::Refused(sentence.to_owned(), "permission_denied"));
        }
        return Ok(Subscribed { uri: uri.to_owned(), source: Source::Estate });
    }
    if uri == FINDINGS {
        read_findings(&services.dispatcher, scope).await?;
        return Ok(Subscribed { uri: uri.to_owned(), source: Source::Findings });
    }
    let parsed = ModelUri::parse(uri).ok_or(ReadFailure::NotFound)?;
    let source = if parsed.part.word == LOG {
        Source::Log(follow_log(&services.dispatcher, scope, &parsed).await?)
    } else {
        let live = read_model(&services.dispatcher, scope, &parsed, None).await?;
        Source::Model(parsed, live.watch)
    };
    Ok(Subscribed { uri: uri.to_owned(), source })
}

impl Subscribed {
    fn is_changed_by(&self, batch: &EventBatch) -> bool {
        if matches!(self.source, Source::Findings | Source::Log(_)) {
            return false;
        }
        batch.missed > 0 || batch.events.iter().any(|event| self.is_changed(event))
    }

    fn is_changed(&self, event: &EstateEvent) -> bool {
        // the estate counts the entities of all watched models
        let Source::Model(uri, watch) = &self.source else { return true };
        if event.model.uuid != watch.identity().uuid {
            return false;
        }
        if event.change.is_about_watching() || event.entity == EntityName::Model {
            return true;
        }
        let is_own = |name: &str| name == uri.name;
        let of_application = |unit: &str| unit.split_once('/').is_some_and(|(application, _)| is_own(application));
        match (uri.part.word, &event.entity) {
            ("status" | "events", _)
            | ("application" | "relations" | "topology" | "topology.mmd", EntityName::Relation(_))
            | ("relations" | "topology" | "topology.mmd", EntityName::RemoteApplication(_))
            | ("topology" | "topology.mmd", EntityName::Application(_))
            | ("offers" | "topology", EntityName::Offer(_)) => true,
            ("application", EntityName::Application(name))
            | ("unit", EntityName::Unit(name))
            | ("machine", EntityName::Machine(name)) => is_own(name),
            ("application", EntityName::Unit(name)) => of_application(name),
            // the number of units and their worst status
            ("topology" | "topology.mmd", EntityName::Unit(_)) => matches!(
                event.change,
                EntityChange::Added {}
                    | EntityChange::Removed {}
                    | EntityChange::Status(_)
                    | EntityChange::HookFailed { .. }
            ),
            // a machine lists its units
            ("machine", EntityName::Unit(_)) => {
                matches!(event.change, EntityChange::Added {} | EntityChange::Removed {} | EntityChange::Fields { .. })
            }
            _ => false,
        }
    }
}

/// Whether an event changes the list of resources: models and applications come and go.
fn changes_list(event: &EstateEvent) -> bool {
    let comes_or_goes = matches!(event.change, EntityChange::Added {} | EntityChange::Removed {});
    match event.entity {
        EntityName::Application(_) => comes_or_goes,
        EntityName::Model => comes_or_goes || event.change.is_about_watching(),
        _ => false,
    }
}
