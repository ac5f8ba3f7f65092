//! The tasks: one queues changes of findings, and one for each receiver sends what is due.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
    time::Duration,
};

use chrono::Utc;
use observer::FindingLog;
use store::Store;
use tokio::{
    sync::{Mutex, Notify},
    task::JoinHandle,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Delivery, DeliveryQueue, DeliveryStep, Receiver, ReceiverKind,
    message::{alerts, chat},
    post::{Response, post},
    queue::DELIVERY_KIND,
};

/// Changes that are queued at once.
const MAX_CHANGES: usize = 200;
/// Alerts in one request to Alertmanager.
const MAX_ALERTS: usize = 64;

/// Limits of the notifier.
#[derive(Debug, Clone, Copy)]
pub struct NotifierSettings {
    /// Maximum number of deliveries; default: 10,000.
    pub max_deliveries: usize,
    /// Delay after the first failure of a receiver, doubled after each further one; default: 1 s.
    pub first_delay: Duration,
    /// Maximum delay; default: 5 min.
    pub max_delay: Duration,
}

impl Default for NotifierSettings {
    fn default() -> Self {
        Self { max_deliveries: 10_000, first_delay: Duration::from_secs(1), max_delay: Duration::from_mins(5) }
    }
}

/// The counts of one receiver since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiverCounts {
    /// Messages that it has accepted, without repetitions of alerts that last.
    pub sent: u64,
    /// Requests that failed and are repeated.
    pub failed: u64,
    /// Messages that it will never accept.
    pub rejected: u64,
    /// Messages that were dropped above the limit.
    pub dropped: u64,
    /// Messages that wait.
    pub queued: u64,
}

/// Sends findings to receivers until it is stopped. A clone is cheap and is the same notifier.
#[derive(Debug, Clone)]
pub struct Notifier(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    settings: NotifierSettings,
    queue: Mutex<DeliveryQueue>,
    /// The receivers with their tasks, by name.
    workers: Mutex<BTreeMap<String, Worker>>,
    counts: parking_lot::Mutex<BTreeMap<String, ReceiverCounts>>,
    stop: CancellationToken,
    intake: Mutex<Option<JoinHandle<()>>>,
}

/// A receiver with its task.
#[derive(Debug)]
struct Worker {
    receiver: Arc<Receiver>,
    wake: Arc<Notify>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Notifier {
    /// Reads the queue from the store, and begins to send the changes after it.
    ///
    /// # Errors
    /// [`store::Error`], if the queue cannot be read.
    pub async fn start(
        store: Store,
        findings: &Arc<FindingLog>,
        receivers: Vec<Receiver>,
        settings: NotifierSettings,
    ) -> Result<Self, store::Error> {
        let documents = store.documents(DELIVERY_KIND).await?;
        let (queue, unreadable) = DeliveryQueue::from_documents(documents, settings.max_deliveries);
        if !unreadable.is_empty() {
            tracing::error!(deliveries = unreadable.len(), "some notifications of an earlier run cannot be read");
        }
        let changes = findings.subscribe_after(queue.position());
        let notifier = Self(Arc::new(Inner {
            store,
            settings,
            queue: Mutex::new(queue),
            workers: Mutex::default(),
            counts: parking_lot::Mutex::default(),
            stop: CancellationToken::new(),
            intake: Mutex::default(),
        }));
        notifier.set_receivers(receivers).await;
        let intake = tokio::spawn(Arc::clone(&notifier.0).take_changes(changes));
        *notifier.0.intake.lock().await = Some(intake);
        Ok(notifier)
    }

    /// Replaces the receivers. Deliveries to those with a name that existed before continue; those to others are dropped. A
    /// new receiver gets the changes from now on.
    pub async fn set_receivers(&self, receivers: Vec<Receiver>) {
        let mut workers = self.0.workers.lock().await;
        for worker in std::mem::take(&mut *workers).into_values() {
            worker.stop.cancel();
            // a request in progress ends before another task of the same receiver sends
            let _ = worker.task.await;
        }
        let names: BTreeSet<&str> = receivers.iter().map(|receiver| receiver.name.as_str()).collect();
        let dropped = self.0.queue.lock().await.retain_receivers(&names);
        if dropped > 0 {
            tracing::warn!(dropped, "notifications to receivers that are not configured any more are dropped");
        }
        self.0.save().await;
        for receiver in receivers {
            let (receiver, wake, stop) = (Arc::new(receiver), Arc::new(Notify::new()), self.0.stop.child_token());
            let sender = Sender {
                notifier: Arc::clone(&self.0),
                receiver: Arc::clone(&receiver),
                wake: Arc::clone(&wake),
                stop: stop.clone(),
                failures: 0,
            };
            let task = tokio::spawn(sender.run());
            workers.insert(receiver.name.clone(), Worker { receiver, wake, stop, task });
        }
    }

    /// The counts of each receiver.
    pub async fn counts(&self) -> BTreeMap<String, ReceiverCounts> {
        let names: Vec<String> = self.0.workers.lock().await.keys().cloned().collect();
        let queue = self.0.queue.lock().await;
        let counts = self.0.counts.lock();
        let count = |name: String| {
            let mut own = counts.get(&name).cloned().unwrap_or_default();
            (own.queued, own.dropped) = (queue.queued(&name) as u64, queue.dropped(&name));
            (name, own)
        };
        names.into_iter().map(count).collect()
    }

    /// Stops after the requests in progress, which take no longer than the timeout of their clients.
    pub async fn stop(&self) {
        self.0.stop.cancel();
        if let Some(intake) = self.0.intake.lock().await.take() {
            let _ = intake.await;
        }
        for worker in std::mem::take(&mut *self.0.workers.lock().await).into_values() {
            let _ = worker.task.await;
        }
        self.0.save().await;
    }
}

impl Inner {
    /// Queues changes of findings until the notifier is stopped.
    async fn take_changes(self: Arc<Self>, mut changes: observer::FindingReader) {
        loop {
            let batch = tokio::select! {
                batch = changes.next_batch(MAX_CHANGES) => batch,
                () = self.stop.cancelled() => return,
            };
            if batch.is_incomplete {
                tracing::error!("some changes of findings were dropped before they could be queued as notifications");
            }
            let workers = self.workers.lock().await;
            let mut queue = self.queue.lock().await;
            for change in &batch.changes {
                queue.apply(change, workers.values().map(|worker| &*worker.receiver));
            }
            drop(queue);
            self.save().await;
            for worker in workers.values() {
                worker.wake.notify_one();
            }
        }
    }

    /// Stores what has changed in the queue. What cannot be stored is stored with the next change.
    async fn save(&self) {
        // the queue stays locked, so that an older state does not replace a newer one
        let mut queue = self.queue.lock().await;
        let changes = queue.unsaved();
        if changes.is_empty() {
            return;
        }
        match self.store.change_documents(DELIVERY_KIND, &changes, Utc::now().timestamp_micros()).await {
            Ok(()) => queue.record_saved(),
            Err(error) => tracing::error!(%error, "the queue of notifications cannot be stored"),
        }
    }

    fn count(&self, receiver: &str, change: impl FnOnce(&mut ReceiverCounts)) {
        change(self.counts.lock().entry(receiver.to_owned()).or_default());
    }
}

/// Sends what is due to one receiver.
struct Sender {
    notifier: Arc<Inner>,
    receiver: Arc<Receiver>,
    wake: Arc<Notify>,
    stop: CancellationToken,
    /// Failures since the last success.
    failures: u32,
}

/// A delivery with its id and what of it is sent.
type Due = (String, DeliveryStep, Delivery);

impl Sender {
    async fn run(mut self) {
        let mut refreshed = Instant::now();
        while !self.stop.is_cancelled() {
            let limit = match self.receiver.kind {
                ReceiverKind::Alertmanager { .. } => MAX_ALERTS,
                ReceiverKind::Chat => 1,
            };
            let due = self.notifier.queue.lock().await.due(&self.receiver.name, limit);
            let pause = if !due.is_empty() {
                self.send(due).await
            } else if let Some(next) = self.next_refresh(refreshed) {
                if next <= Instant::now() {
                    refreshed = Instant::now();
                    self.refresh().await;
                    continue;
                }
                let _ = time::timeout_at(next, self.wait()).await;
                continue;
            } else {
                self.wait().await;
                continue;
            };
            tokio::select! {
                () = time::sleep(pause) => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    /// Waits for something to send, or the end.
    async fn wait(&self) {
        tokio::select! {
            () = self.wake.notified() => {}
            () = self.stop.cancelled() => {}
        }
    }

    fn next_refresh(&self, refreshed: Instant) -> Option<Instant> {
        match self.receiver.kind {
            ReceiverKind::Alertmanager { refresh } => refreshed.checked_add(refresh),
            ReceiverKind::Chat => None,
        }
    }

    fn body(&self, due: &[(DeliveryStep, &Delivery)]) -> serde_json::Value {
        match (self.receiver.kind, due) {
            (ReceiverKind::Chat, [(step, delivery), ..]) => chat(*step, delivery),
            (ReceiverKind::Alertmanager { refresh }, _) => alerts(due, refresh, Utc::now()),
            (ReceiverKind::Chat, []) => serde_json::Value::Null,
        }
    }

    /// Sends deliveries, and returns how long to pause.
    async fn send(&mut self, due: Vec<Due>) -> Duration {
        let steps: Vec<_> = due.iter().map(|(_, step, delivery)| (*step, delivery)).collect();
        let key = due.first().map(|(id, step, _)| format!("{id}/{}", step.word())).unwrap_or_default();
        let name = &self.receiver.name;
        match post(&self.receiver, &self.body(&steps), &key, Utc::now()).await {
            Response::Accepted => {
                if self.failures > 0 {
                    tracing::info!(receiver = name, "the receiver of notifications accepts messages again");
                }
                self.failures = 0;
                let mut queue = self.notifier.queue.lock().await;
                for (id, step, _) in &due {
                    queue.record_sent(id, *step, Utc::now());
                }
                drop(queue);
                self.notifier.save().await;
                self.notifier.count(name, |counts| counts.sent += due.len() as u64);
                Duration::ZERO
            }
            // one of several alerts can be the reason, so each is sent alone
            Response::Rejected(_) if due.len() > 1 => {
                let mut pause = Duration::ZERO;
                for one in due {
                    pause = pause.max(Box::pin(self.send(vec![one])).await);
                }
                pause
            }
            Response::Rejected(problem) => {
                for (id, step, _) in &due {
                    let step = step.word();
                    tracing::error!(receiver = name, notification = id, step, problem, "a notification is rejected");
                    self.notifier.queue.lock().await.remove(id);
                }
                self.notifier.save().await;
                self.notifier.count(name, |counts| counts.rejected += 1);
                Duration::ZERO
            }
            Response::Failed { problem, retry_after } => {
                let delay = retry_after.unwrap_or_else(|| self.delay());
                if self.failures == 0 {
                    tracing::warn!(receiver = name, problem, "a notification cannot be delivered and is sent again");
                } else {
                    tracing::debug!(receiver = name, problem, failures = self.failures, "a notification still fails");
                }
                self.failures = self.failures.saturating_add(1);
                self.notifier.count(name, |counts| counts.failed += 1);
                delay
            }
        }
    }

    /// The delay after a failure: doubled after each, and between half and all of it at random, so that servers that failed
    /// together do not return together.
    fn delay(&self) -> Duration {
        let NotifierSettings { first_delay, max_delay, .. } = self.notifier.settings;
        let delay = first_delay.saturating_mul(2_u32.saturating_pow(self.failures.min(20))).min(max_delay);
        let random = RandomState::new().hash_one(self.failures) % 500;
        delay / 2 + (delay / 1_000) * u32::try_from(random).unwrap_or_default()
    }

    /// Sends the alerts that last again. A failure is no loss: the next refresh repeats it.
    async fn refresh(&mut self) {
        let lasting = self.notifier.queue.lock().await.lasting(&self.receiver.name);
        for part in lasting.chunks(MAX_ALERTS) {
            let steps: Vec<_> = part.iter().map(|delivery| (DeliveryStep::Announce, delivery)).collect();
            let name = &self.receiver.name;
            match post(&self.receiver, &self.body(&steps), &format!("{name}/refresh"), Utc::now()).await {
                Response::Accepted => {}
                Response::Rejected(problem) | Response::Failed { problem, .. } => {
                    self.notifier.count(name, |counts| counts.failed += 1);
                    tracing::warn!(receiver = name, problem, "alerts that last cannot be sent again");
                    return;
                }
            }
        }
    }
}
