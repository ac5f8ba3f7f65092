//! Sinks: places outside the state directory that receive each checkpoint, so that a ledger that was cut together with its state
//! directory is detected. A sink that fails does not stop the server: the failure is logged and counted, and the newest checkpoint is
//! sent again.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

/// Least interval between two deliveries to a sink. Of more checkpoints, a sink receives the newest, which covers the others.
const DELIVERY_INTERVAL: Duration = Duration::from_secs(1);
/// Longest time of one delivery.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);
/// Delay before the first retry; each further one is twice as long.
const FIRST_RETRY_DELAY: Duration = Duration::from_secs(1);
/// Longest delay between two retries.
const MAX_RETRY_DELAY: Duration = Duration::from_mins(1);
/// How long a server that stops waits for a sink.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// The delivery of one checkpoint.
pub type Delivery<'a> = Pin<Box<dyn Future<Output = io::Result<()>> + Send + 'a>>;

/// A place outside the state directory that receives checkpoints.
pub trait CheckpointSink: Send + Sync + 'static {
    /// Its name in the log and in metrics.
    fn name(&self) -> &str;
    /// Delivers one checkpoint, the text of a checkpoint file.
    fn deliver<'a>(&'a self, checkpoint: &'a str) -> Delivery<'a>;
}

/// What a sink has received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkStatus {
    /// Its name.
    pub name: String,
    /// Deliveries that failed.
    pub failures: u64,
    /// Whether the last delivery failed.
    pub is_failing: bool,
}

/// Counters of one sink.
#[derive(Debug)]
struct SinkCounters {
    name: String,
    failures: AtomicU64,
    is_failing: AtomicBool,
}

/// A checkpoint and its number in the order of checkpoints of this process.
type Numbered = (u64, Arc<str>);

/// One sink as the task of the checkpoint file knows it.
#[derive(Debug)]
struct SinkHandle {
    counters: Arc<SinkCounters>,
    /// Number of the last delivered checkpoint.
    delivered: watch::Receiver<u64>,
}

/// Sends checkpoints to all sinks, each with a task of its own.
#[derive(Debug)]
pub(crate) struct SinkSender {
    latest: watch::Sender<Numbered>,
    sinks: Vec<SinkHandle>,
}

impl SinkSender {
    pub(crate) fn start(sinks: Vec<Arc<dyn CheckpointSink>>) -> Self {
        let (latest, _) = watch::channel((0, Arc::from("")));
        let sinks = sinks.into_iter().map(|sink| start_sink(sink, latest.subscribe())).collect();
        Self { latest, sinks }
    }

    /// Sends a checkpoint to every sink, without waiting.
    pub(crate) fn send(&self, checkpoint: &str) {
        if !self.sinks.is_empty() {
            self.latest.send_modify(|(number, text)| {
                *number += 1;
                *text = Arc::from(checkpoint);
            });
        }
    }

    /// Waits a limited time until each sink has the last checkpoint.
    pub(crate) async fn flush(&self) {
        let number = self.latest.borrow().0;
        for sink in &self.sinks {
            let mut delivered = sink.delivered.clone();
            if timeout(SHUTDOWN_TIMEOUT, delivered.wait_for(|latest| *latest >= number)).await.is_err() {
                tracing::warn!(
                    sink = sink.counters.name,
                    "a sink did not receive the last checkpoint of the ledger in time"
                );
            }
        }
    }

    /// A view of the counters that outlives the sender.
    pub(crate) fn monitor(&self) -> SinkMonitor {
        SinkMonitor(self.sinks.iter().map(|sink| Arc::clone(&sink.counters)).collect())
    }
}

/// The counters of all sinks.
#[derive(Debug, Clone)]
pub(crate) struct SinkMonitor(Vec<Arc<SinkCounters>>);

impl SinkMonitor {
    pub(crate) fn statuses(&self) -> Vec<SinkStatus> {
        let status = |sink: &Arc<SinkCounters>| SinkStatus {
            name: sink.name.clone(),
            failures: sink.failures.load(Ordering::Relaxed),
            is_failing: sink.is_failing.load(Ordering::Relaxed),
        };
        self.0.iter().map(status).collect()
    }
}

fn start_sink(sink: Arc<dyn CheckpointSink>, latest: watch::Receiver<Numbered>) -> SinkHandle {
    let counters = Arc::new(SinkCounters {
        name: sink.name().to_owned(),
        failures: AtomicU64::new(0),
        is_failing: AtomicBool::new(false),
    });
    let (done, delivered) = watch::channel(0);
    tokio::spawn(run_sink(sink, latest, Arc::clone(&counters), done));
    SinkHandle { counters, delivered }
}

/// Delivers the newest checkpoint until the sender is dropped; after a failure again, whether a newer one came or not.
async fn run_sink(
    sink: Arc<dyn CheckpointSink>,
    mut latest: watch::Receiver<Numbered>,
    counters: Arc<SinkCounters>,
    done: watch::Sender<u64>,
) {
    let mut retry_delay = FIRST_RETRY_DELAY;
    while latest.changed().await.is_ok() {
        loop {
            let (number, checkpoint) = latest.borrow_and_update().clone();
            let next = Instant::now() + DELIVERY_INTERVAL;
            let result = timeout(DELIVERY_TIMEOUT, sink.deliver(&checkpoint)).await;
            match result.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok(()) => {
                    if counters.is_failing.swap(false, Ordering::Relaxed) {
                        tracing::warn!(sink = counters.name, "the sink receives checkpoints of the ledger again");
                    }
                    retry_delay = FIRST_RETRY_DELAY;
                    done.send_replace(number);
                    sleep_until(next).await;
                    break;
                }
                Err(error) => {
                    counters.failures.fetch_add(1, Ordering::Relaxed);
                    // logged once, and again when the sink recovers
                    if !counters.is_failing.swap(true, Ordering::Relaxed) {
                        tracing::error!(%error, sink = counters.name, "a sink does not receive checkpoints of the ledger");
                    }
                    sleep_until(Instant::now() + retry_delay).await;
                    retry_delay = (retry_delay * 2).min(MAX_RETRY_DELAY);
                    if latest.has_changed().is_err() {
                        return;
                    }
                }
            }
        }
    }
}
