//! Streams of the logs of models: one per model while a reader needs it.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use juju_client::{Error, ReadOnlyControllers};
use juju_wire::Code;
use parking_lot::Mutex;
use tokio::{sync::watch, time};

use crate::{LogBatch, LogBuffer, LogFilter, LogLine, log_stream::StreamPosition};

/// First delay before a lost stream is opened again; doubled after each failure.
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// Maximum delay before a lost stream is opened again.
const MAX_DELAY: Duration = Duration::from_secs(30);

/// Limits of the streams.
#[derive(Debug, Clone, Copy)]
pub struct LogSettings {
    /// Maximum number of models with a stream; default: 100.
    pub max_models: usize,
    /// Lines of a model in memory; default: 5,000.
    pub max_lines: usize,
    /// Bytes of them; default: 2 MiB.
    pub max_bytes: usize,
    /// Time for which a stream stays open after its last reader; default: 30 s.
    pub idle_timeout: Duration,
}

impl Default for LogSettings {
    fn default() -> Self {
        let idle_timeout = Duration::from_secs(30);
        Self { max_models: 100, max_lines: 5_000, max_bytes: 2 * 1024 * 1024, idle_timeout }
    }
}

/// The log of a model as one role reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoggedModel {
    /// The role with a credential of its own; `None` for the common credential.
    pub role: Option<String>,
    /// Name of the controller.
    pub controller: String,
    /// UUID of the model.
    pub uuid: String,
}

/// Whether new lines arrive.
#[derive(Debug, Clone)]
pub enum StreamCondition {
    /// The stream is being opened.
    Starting,
    /// Lines arrive.
    Live,
    /// Lines do not arrive since then; the stream is being restored, and goes on without a gap.
    Interrupted {
        /// Since when.
        since: DateTime<Utc>,
        /// Why.
        error: Error,
    },
    /// The stream has ended: the model is gone, or not visible to the user.
    Ended {
        /// Why.
        error: Error,
    },
}

/// The maximum number of logs is streamed already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyLogs {
    /// The maximum.
    pub limit: usize,
}

impl fmt::Display for TooManyLogs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the logs of {} models are streamed already, which is the maximum", self.limit)
    }
}

impl std::error::Error for TooManyLogs {}

/// The streams of all models. A clone is cheap and has the same streams.
#[derive(Debug, Clone)]
pub struct ModelLogs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    controllers: ReadOnlyControllers,
    settings: LogSettings,
    streams: Mutex<BTreeMap<LoggedModel, Arc<SharedLog>>>,
}

/// The log of one model, for all its readers.
#[derive(Debug)]
struct SharedLog {
    buffer: LogBuffer,
    condition: watch::Sender<StreamCondition>,
    need: watch::Sender<Need>,
}

/// What the readers of a log need together.
#[derive(Debug, Clone)]
struct Need {
    readers: usize,
    /// At least what they select; it does not become narrower while the stream is open.
    filter: LogFilter,
}

/// Why a stream has ended.
enum StreamEnd {
    /// No reader has needed it for the idle time.
    Idle,
    /// The readers need more than it delivers.
    Widened,
    Failed(Error),
}

impl ModelLogs {
    /// Streams nothing yet.
    #[must_use]
    pub fn new(controllers: ReadOnlyControllers, settings: LogSettings) -> Self {
        Self(Arc::new(Inner { controllers, settings, streams: Mutex::default() }))
    }

    /// A reader of the lines that `filter` selects, from now on. The first can be the last line before.
    ///
    /// # Errors
    /// [`TooManyLogs`].
    pub fn follow(&self, model: LoggedModel, filter: LogFilter) -> Result<LogReader, TooManyLogs> {
        let mut streams = self.0.streams.lock();
        if let Some(log) = streams.get(&model) {
            return Ok(log.reader(filter));
        }
        let limit = self.0.settings.max_models;
        if streams.len() >= limit {
            return Err(TooManyLogs { limit });
        }
        let LogSettings { max_lines, max_bytes, .. } = self.0.settings;
        let need = Need { readers: 0, filter: filter.union(&filter) };
        let log = Arc::new(SharedLog {
            buffer: LogBuffer::new(max_lines, max_bytes),
            condition: watch::Sender::new(StreamCondition::Starting),
            need: watch::Sender::new(need),
        });
        let reader = log.reader(filter);
        streams.insert(model.clone(), Arc::clone(&log));
        tokio::spawn(Arc::clone(&self.0).feed(model, log));
        Ok(reader)
    }

    /// The number of models with a stream.
    #[must_use]
    pub fn streamed_models(&self) -> usize {
        self.0.streams.lock().len()
    }
}

impl Inner {
    /// Feeds a log until nothing needs it, or its model is gone.
    async fn feed(self: Arc<Self>, model: LoggedModel, log: Arc<SharedLog>) {
        let controllers = match &model.role {
            Some(role) => self.controllers.for_role(role),
            None => self.controllers.clone(),
        };
        let (mut position, mut delay) = (StreamPosition::default(), FIRST_DELAY);
        loop {
            match log.stream(&controllers, &model, self.settings.idle_timeout, &mut position).await {
                StreamEnd::Idle if self.remove_if_idle(&model, &log) => return,
                StreamEnd::Widened | StreamEnd::Idle => {}
                StreamEnd::Failed(error) if is_final(&error) => {
                    tracing::debug!(controller = model.controller, model = model.uuid, %error, "a log has ended");
                    self.streams.lock().remove(&model);
                    log.condition.send_replace(StreamCondition::Ended { error });
                    return;
                }
                StreamEnd::Failed(error) => {
                    if matches!(*log.condition.borrow(), StreamCondition::Live) {
                        delay = FIRST_DELAY;
                    }
                    log.interrupt(error);
                    let idle = time::timeout(delay, log.idle(self.settings.idle_timeout)).await.is_ok();
                    if idle && self.remove_if_idle(&model, &log) {
                        return;
                    }
                    delay = MAX_DELAY.min(delay * 2);
                }
            }
        }
    }

    /// Decides, for all at once, that no new reader comes any more.
    fn remove_if_idle(&self, model: &LoggedModel, log: &SharedLog) -> bool {
        let mut streams = self.streams.lock();
        log.need.borrow().readers == 0 && streams.remove(model).is_some()
    }
}

/// Whether a stream will not come back.
fn is_final(error: &Error) -> bool {
    match error {
        Error::ModelUnknown { .. } | Error::ControllerUnknown { .. } | Error::FacadeMissing { .. } => true,
        Error::Remote(remote) => {
            matches!(remote.code, Code::Unauthorized | Code::Forbidden | Code::NotFound | Code::ModelNotFound)
        }
        _ => false,
    }
}

impl SharedLog {
    fn reader(self: &Arc<Self>, filter: LogFilter) -> LogReader {
        let position = self.buffer.next();
        self.need.send_modify(|need| {
            need.readers += 1;
            need.filter = need.filter.union(&filter);
        });
        LogReader { log: Arc::clone(self), filter, position, next: self.buffer.subscribe() }
    }

    /// Reads one stream to its end.
    async fn stream(
        &self,
        controllers: &ReadOnlyControllers,
        model: &LoggedModel,
        idle_timeout: Duration,
        position: &mut StreamPosition,
    ) -> StreamEnd {
        let mut need = self.need.subscribe();
        let filter = need.borrow_and_update().filter.clone();
        let query = position.query(&filter);
        let opened = async { controllers.controller(&model.controller)?.model_log(&model.uuid, &query).await };
        let mut records = match opened.await {
            Ok(records) => records,
            Err(error) => return StreamEnd::Failed(error),
        };
        position.open(Utc::now());
        self.condition.send_replace(StreamCondition::Live);
        let idle = self.idle(idle_timeout);
        tokio::pin!(idle);
        loop {
            tokio::select! {
                record = records.next() => match record {
                    Some(Ok(record)) => {
                        let line = LogLine::from_record(record, Utc::now());
                        if position.pass(&line) {
                            self.buffer.append(line);
                        }
                    }
                    Some(Err(error)) => return StreamEnd::Failed(error),
                    None => return StreamEnd::Widened,
                },
                () = &mut idle => return StreamEnd::Idle,
                // `self` has the sender, so that the wait does not fail
                _ = need.wait_for(|need| need.filter != filter) => return StreamEnd::Widened,
            }
        }
    }

    /// Returns when no reader has existed for the idle time.
    async fn idle(&self, idle_timeout: Duration) {
        let mut need = self.need.subscribe();
        loop {
            // `self` has the sender, so that the wait does not fail
            let _ = need.wait_for(|need| need.readers == 0).await;
            if time::timeout(idle_timeout, need.wait_for(|need| need.readers > 0)).await.is_err() {
                return;
            }
        }
    }

    fn interrupt(&self, error: Error) {
        self.condition.send_modify(|condition| match condition {
            StreamCondition::Interrupted { error: latest, .. } => *latest = error,
            condition => *condition = StreamCondition::Interrupted { since: Utc::now(), error },
        });
    }
}

/// Reads a log from its own place on. The stream stays open as long as a reader exists, and for the idle time after that.
#[derive(Debug)]
pub struct LogReader {
    log: Arc<SharedLog>,
    filter: LogFilter,
    /// The number of the next line to examine.
    position: u64,
    next: watch::Receiver<u64>,
}

impl LogReader {
    /// Waits for lines, and returns at most `limit` of them. Cancelling the wait loses none.
    ///
    /// # Errors
    /// Why the stream has ended, after its last line.
    pub async fn next_batch(&mut self, limit: usize) -> Result<LogBatch, Error> {
        let mut condition = self.log.condition.subscribe();
        loop {
            let ended = match &*condition.borrow_and_update() {
                StreamCondition::Ended { error } => Some(error.clone()),
                _ => None,
            };
            let batch = self.read(limit);
            if batch.missed > 0 || !batch.lines.is_empty() {
                return Ok(batch);
            }
            if let Some(error) = ended {
                return Err(error);
            }
            let position = self.position;
            tokio::select! {
                // this reader has the senders, so that the waits do not fail
                _ = self.next.wait_for(|next| *next > position) => {}
                _ = condition.changed() => {}
            }
        }
    }

    /// Returns at most `limit` lines that are there; none if this reader has read all.
    pub fn read(&mut self, limit: usize) -> LogBatch {
        self.log.buffer.read(&mut self.position, limit, |line| self.filter.matches(line))
    }

    /// Whether new lines arrive.
    #[must_use]
    pub fn condition(&self) -> StreamCondition {
        self.log.condition.borrow().clone()
    }

    /// Waits until the stream is open, or has failed.
    pub async fn opened(&self) -> StreamCondition {
        let mut condition = self.log.condition.subscribe();
        let opened = condition.wait_for(|condition| !matches!(condition, StreamCondition::Starting)).await;
        opened.map_or_else(|_| self.condition(), |condition| condition.clone())
    }
}

impl Drop for LogReader {
    fn drop(&mut self) {
        self.log.need.send_modify(|need| need.readers -= 1);
    }
}
