//! The ledger. One task appends, so that the chain has one order; callers wait for open records, not for close records.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Instant};

use store::{LedgerRow, Store};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    CheckpointSink, CloseRecord, Entry, Error, LatestCheckpoint, NewEntry, PendingEntry, Record, Retention, Signer,
    SinkStatus,
    append::{Append, Appended, Appender, Command},
    changes::closed_by,
    checkpoint::Checkpoint,
    checkpoint_file::CheckpointWriter,
    checkpoint_sink::{SinkMonitor, SinkSender},
    entry::close_record,
    error::unreadable,
    record::Outcome,
    record_budget::RecordBudget,
    verify,
};

/// Commands that may wait for the appending task.
const MAX_QUEUED: usize = 4096;

/// The append-only audit log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    commands: mpsc::Sender<Command>,
    store: Store,
    last_error: watch::Receiver<Option<Arc<store::Error>>>,
    sinks: SinkMonitor,
    budget: RecordBudget,
}

/// Configuration of a ledger.
pub struct LedgerConfig {
    /// Signs the checkpoints.
    pub signer: Signer,
    /// File for the latest checkpoint, outside the store.
    pub checkpoint_file: PathBuf,
    /// How long records are retained.
    pub retention: Retention,
    /// Places outside the state directory that receive each checkpoint.
    pub sinks: Vec<Arc<dyn CheckpointSink>>,
    /// How entries ended that an earlier process left open, as far as another part of the store has it, by the id of the entry.
    pub known_outcomes: HashMap<String, (Outcome, String)>,
}

impl std::fmt::Debug for LedgerConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LedgerConfig").field("checkpoint_file", &self.checkpoint_file).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens the ledger in a store after verifying its end. Closes entries that an earlier process left open: with their known outcome,
    /// or as unknown.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::InvalidRecord`], [`Error::CheckpointFile`], [`Error::IncompleteCheckpointFile`] or
    /// [`Error::MissingCheckpointFile`] if the end was changed or may have been cut off; [`Error::ForeignKey`] if another key signed it.
    pub async fn open(store: Store, config: LedgerConfig) -> Result<Self, Error> {
        let (latest, incomplete) = match latest_checkpoint(&config.checkpoint_file) {
            Err(error @ Error::IncompleteCheckpointFile(_)) => (None, Some(error)),
            latest => (latest?, None),
        };
        let end = verify::verify_end(&store, latest.as_ref()).await?;
        let begins = latest.is_none();
        if let Some(error) = incomplete.filter(|_| !end.is_without_entries()) {
            return Err(error);
        }
        if begins && !end.is_without_entries() {
            return Err(Error::MissingCheckpointFile(config.checkpoint_file.display().to_string()));
        }
        let last_checkpoint = store.ledger_checkpoints(1).await?.pop().as_ref().and_then(Checkpoint::from_row);
        if last_checkpoint.is_some_and(|checkpoint| !checkpoint.is_of(config.signer.public_key())) {
            return Err(Error::ForeignKey);
        }
        let left_open = store.ledger_unclosed().await?;
        let (commands, received) = mpsc::channel(MAX_QUEUED);
        let sender = SinkSender::start(config.sinks);
        let sinks = sender.monitor();
        let writer = CheckpointWriter::start(config.checkpoint_file, sender);
        let mut appender = Appender::new(store.clone(), config.signer, writer, config.retention, end);
        if begins {
            appender.begin_chain().await;
        }
        let last_error = appender.last_error();
        tokio::spawn(appender.run(received));
        let ledger = Self { commands, store, last_error, sinks, budget: RecordBudget::default() };
        for row in left_open {
            let record = match config.known_outcomes.get(&row.entry) {
                Some((outcome, reason)) => close_record(*outcome, reason),
                None => close_record(Outcome::Unknown, "the server stopped before the outcome was known"),
            };
            let body = serde_json::to_string(&record).map_err(Error::Serialize)?;
            let receipt = ledger.send(row.entry, "close", body, true).await?;
            receipt.await.map_err(|_| Error::Closed)?.map_err(Error::Store)?;
        }
        Ok(ledger)
    }

    /// Sends the open record of an entry to the appending task and returns at once. The caller must not receive an answer, and
    /// nothing may be changed, before [`PendingEntry::persisted`] returns.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn begin_entry(&self, new: NewEntry<'_>) -> Result<PendingEntry, Error> {
        let id = uuid::Uuid::now_v7().to_string();
        let durable = new.is_durable();
        let mut record = new.into_record();
        let mut body = serde_json::to_string(&record).map_err(Error::Serialize)?;
        if !self.budget.charge(&record.caller, body.len(), Instant::now()) {
            record.event.summarize_arguments();
            body = serde_json::to_string(&record).map_err(Error::Serialize)?;
        }
        let receipt = self.send(id.clone(), "open", body, durable).await?;
        Ok(PendingEntry::new(self.commands.clone(), id, durable, receipt))
    }

    /// Opens an entry, and returns when the store has its open record.
    ///
    /// # Errors
    /// [`Error::Store`] or [`Error::Closed`] if the record cannot be persisted; nothing may be done then.
    pub async fn open_entry(&self, new: NewEntry<'_>) -> Result<Entry, Error> {
        self.begin_entry(new).await?.persisted().await
    }

    /// Records an event that is over already, and returns when the store has its open record.
    ///
    /// # Errors
    /// [`Error::Store`] or [`Error::Closed`].
    pub async fn record(&self, new: NewEntry<'_>, outcome: Outcome, reason: &str) -> Result<(), Error> {
        self.open_entry(new).await?.close(outcome, reason);
        Ok(())
    }

    /// Returns the open and close records among up to `limit` rows from `sequence` on, in order; leaves out checkpoints.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::InvalidRecord`] if a record cannot be parsed.
    pub async fn records(store: &Store, sequence: i64, limit: i64) -> Result<Vec<Record>, Error> {
        Ok(Self::page(store, sequence, limit).await?.0)
    }

    /// As [`Self::records`], with the sequence of the last row, checkpoints included; `None` if there are no rows.
    pub(crate) async fn page(store: &Store, sequence: i64, limit: i64) -> Result<(Vec<Record>, Option<i64>), Error> {
        let rows = store.ledger_from(sequence, limit).await?;
        let parse = |row: &LedgerRow| Record::from_row(row).map_err(|_| unreadable(row.sequence)).transpose();
        let records = rows.iter().filter_map(parse).collect::<Result<_, _>>()?;
        Ok((records, rows.last().map(|row| row.sequence)))
    }

    /// The close record of an entry; `None` while it is open, or if there is none.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::InvalidRecord`] if the record cannot be parsed.
    pub async fn close_record(&self, entry: &str) -> Result<Option<CloseRecord>, Error> {
        closed_by(&self.store, entry).await
    }

    /// The store of the ledger.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The error of the store while it accepts no records. Nothing is done as long as it is set.
    #[must_use]
    pub fn last_error(&self) -> Option<Error> {
        self.last_error.borrow().clone().map(Error::Store)
    }

    /// What each sink of checkpoints has received.
    #[must_use]
    pub fn sinks(&self) -> Vec<SinkStatus> {
        self.sinks.statuses()
    }

    /// Waits until the store has all records that were sent so far.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn flush(&self) -> Result<(), Error> {
        let (done, received) = oneshot::channel();
        self.commands.send(Command::Flush(done)).await.map_err(|_| Error::Closed)?;
        received.await.map_err(|_| Error::Closed)
    }

    /// As [`Self::flush`], and signs a checkpoint after the records. The last step of a server that stops.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn shutdown(&self) -> Result<(), Error> {
        let (done, received) = oneshot::channel();
        self.commands.send(Command::Shutdown(done)).await.map_err(|_| Error::Closed)?;
        received.await.map_err(|_| Error::Closed)
    }

    /// Sends a record to the appending task; the receipt receives the result of the write.
    async fn send(
        &self,
        entry: String,
        phase: &'static str,
        body: String,
        durable: bool,
    ) -> Result<oneshot::Receiver<Appended>, Error> {
        let (done, receipt) = oneshot::channel();
        let append = Append { entry, phase, body, durable, receipt: Some(done) };
        self.commands.send(Command::Append(append)).await.map_err(|_| Error::Closed)?;
        Ok(receipt)
    }
}

/// Reads the latest checkpoint from its file; `None` if there is no file yet.
fn latest_checkpoint(file: &std::path::Path) -> Result<Option<LatestCheckpoint>, Error> {
    let invalid = || Error::CheckpointFile(file.display().to_string());
    match std::fs::read_to_string(file) {
        Ok(text) if LatestCheckpoint::is_incomplete(&text) => {
            Err(Error::IncompleteCheckpointFile(file.display().to_string()))
        }
        Ok(text) => LatestCheckpoint::parse(&text, None).map(Some).ok_or_else(invalid),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(invalid()),
    }
}
