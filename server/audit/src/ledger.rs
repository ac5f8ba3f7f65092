//! The ledger. One task appends, so that the chain has one order; callers wait for open records, not for close records.

use std::{path::PathBuf, sync::Arc};

use serde::Serialize;
use store::{LedgerRow, Store};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    Entry, Error, LatestCheckpoint, NewEntry, PendingEntry, Record, Retention, Signer,
    append::{Append, Appended, Appender, Command},
    checkpoint_file::CheckpointWriter,
    entry::close_record,
    error::unreadable,
    record::Outcome,
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
}

/// Configuration of a ledger.
#[derive(Debug)]
pub struct LedgerConfig {
    /// Signs the checkpoints.
    pub signer: Signer,
    /// File for the latest checkpoint, outside the store.
    pub checkpoint_file: PathBuf,
    /// How long records are retained.
    pub retention: Retention,
}

impl Ledger {
    /// Opens the ledger in a store after verifying its end. Closes entries that an earlier process left open as unknown.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::InvalidRecord`], [`Error::CheckpointFile`] or [`Error::MissingCheckpointFile`] if the end was
    /// changed or may have been cut off.
    pub async fn open(store: Store, config: LedgerConfig) -> Result<Self, Error> {
        let latest = latest_checkpoint(&config.checkpoint_file)?;
        let end = verify::verify_end(&store, latest.as_ref()).await?;
        let begins = latest.is_none();
        if begins && !end.is_without_entries() {
            return Err(Error::MissingCheckpointFile(config.checkpoint_file.display().to_string()));
        }
        let left_open = store.ledger_unclosed().await?;
        let (commands, received) = mpsc::channel(MAX_QUEUED);
        let writer = CheckpointWriter::start(config.checkpoint_file);
        let mut appender = Appender::new(store.clone(), config.signer, writer, config.retention, end);
        if begins {
            appender.begin_chain().await;
        }
        let last_error = appender.last_error();
        tokio::spawn(appender.run(received));
        let ledger = Self { commands, store, last_error };
        for row in left_open {
            let record = close_record(Outcome::Unknown, "the server stopped before the outcome was known");
            let receipt = ledger.send(row.entry, "close", &record, true).await?;
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
        let receipt = self.send(id.clone(), "open", &new.into_record(), durable).await?;
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
        body: &impl Serialize,
        durable: bool,
    ) -> Result<oneshot::Receiver<Appended>, Error> {
        let (done, receipt) = oneshot::channel();
        let body = serde_json::to_string(body).map_err(Error::Serialize)?;
        let append = Append { entry, phase, body, durable, receipt: Some(done) };
        self.commands.send(Command::Append(append)).await.map_err(|_| Error::Closed)?;
        Ok(receipt)
    }
}

/// Reads the latest checkpoint from its file; `None` if there is no file yet.
fn latest_checkpoint(file: &std::path::Path) -> Result<Option<LatestCheckpoint>, Error> {
    let invalid = || Error::CheckpointFile(file.display().to_string());
    match std::fs::read_to_string(file) {
        Ok(text) => LatestCheckpoint::parse(&text, None).map(Some).ok_or_else(invalid),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(invalid()),
    }
}
