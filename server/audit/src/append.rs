//! The one task that appends to the chain: it links records, signs checkpoints, and retries close records until they are stored.

use std::{sync::Arc, time::Duration};

use store::{LedgerRow, Store};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout_at},
};

use crate::{
    Signer,
    chain::{self, ChainEnd},
    chain_verifier::MAX_RECORDS_PER_CHECKPOINT,
    checkpoint::Checkpoint,
    checkpoint_file::CheckpointWriter,
    record::now,
    retention::{RETENTION_INTERVAL, RemovableRange, Retention},
};

/// Commands that the task processes together.
const MAX_BATCH: usize = 256;
/// Longest time for which a record stays without a signed checkpoint after it.
const CHECKPOINT_INTERVAL: Duration = Duration::from_mins(1);
/// Delay before the task retries what the store refused.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// How long a close record waits for others, if it needs not be on the disk: one transaction costs more than one record.
const BATCH_WINDOW: Duration = Duration::from_millis(5);
/// Records of the retry queue that one statement writes. SQLite takes 32,766 values at once, and a record has five.
const MAX_RETRIED: usize = 4096;

/// The result of writing a record.
pub(crate) type Appended = Result<(), Arc<store::Error>>;

/// A command to the appending task.
#[derive(Debug)]
pub(crate) enum Command {
    Append(Append),
    /// Answered when all earlier commands are done.
    Flush(oneshot::Sender<()>),
    /// Answered when all earlier commands are done, a checkpoint signs them, and its file is written.
    Shutdown(oneshot::Sender<()>),
}

/// One record to append.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) entry: String,
    pub(crate) phase: &'static str,
    pub(crate) body: String,
    /// Whether the disk must have the record.
    pub(crate) durable: bool,
    /// Receives the result. Without a receiver, the task retries the record until the store accepts it.
    pub(crate) receipt: Option<oneshot::Sender<Appended>>,
}

impl Command {
    /// Whether the command may wait for others, because no caller waits for it.
    fn can_wait(&self) -> bool {
        matches!(self, Self::Append(append) if append.receipt.is_none() && !append.durable)
    }
}

/// Receives more commands for a short time as long as all of them can wait: most close records come shortly before the next open
/// record, and a transaction costs more than the record.
async fn recv_batch(commands: &mut Vec<Command>, received: &mut mpsc::Receiver<Command>) {
    let until = Instant::now() + BATCH_WINDOW;
    while !commands.is_empty() && commands.len() < MAX_BATCH && commands.iter().all(Command::can_wait) {
        match timeout_at(until, received.recv_many(commands, MAX_BATCH)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
}

/// The end of the chain, owned by the one task that appends.
pub(crate) struct Appender {
    store: Store,
    signer: Signer,
    checkpoint_writer: CheckpointWriter,
    retention: Retention,
    end: ChainEnd,
    /// Close records that the store refused.
    retry_queue: Vec<Append>,
    /// Time of the next checkpoint; `None` if the last one on the disk signs every record.
    checkpoint_at: Option<Instant>,
    /// The error of the store while it accepts no records.
    last_error: watch::Sender<Option<Arc<store::Error>>>,
    /// Time of the next removal of old records; `None` if all are retained.
    retention_at: Option<Instant>,
}

impl Appender {
    pub(crate) fn new(
        store: Store,
        signer: Signer,
        checkpoint_writer: CheckpointWriter,
        retention: Retention,
        end: ChainEnd,
    ) -> Self {
        let started = Instant::now();
        Self {
            store,
            signer,
            checkpoint_writer,
            retention,
            checkpoint_at: (end.unsigned > 0).then_some(started + CHECKPOINT_INTERVAL),
            end,
            retry_queue: Vec::new(),
            last_error: watch::Sender::new(None),
            retention_at: retention.is_limited().then_some(started),
        }
    }

    /// Reports the error of the store while it accepts no records.
    pub(crate) fn last_error(&self) -> watch::Receiver<Option<Arc<store::Error>>> {
        self.last_error.subscribe()
    }

    /// Signs a checkpoint before the first entry and waits for its file: from then on a ledger without that file was tampered with.
    pub(crate) async fn begin_chain(&mut self) {
        self.append_checkpoint().await;
        self.checkpoint_writer.flush().await;
    }

    /// Processes commands until all senders are gone.
    pub(crate) async fn run(mut self, mut received: mpsc::Receiver<Command>) {
        let mut commands = Vec::new();
        loop {
            match self.next_deadline() {
                Some(deadline) => match timeout_at(deadline, received.recv_many(&mut commands, MAX_BATCH)).await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(_) => self.run_maintenance().await,
                },
                None if received.recv_many(&mut commands, MAX_BATCH).await == 0 => break,
                None => {}
            }
            recv_batch(&mut commands, &mut received).await;
            self.process(&mut commands).await;
        }
        self.finish().await;
    }

    /// When the task has work even if no command arrives.
    fn next_deadline(&self) -> Option<Instant> {
        let must_retry = !self.retry_queue.is_empty() || self.last_error.borrow().is_some();
        let retry_at = must_retry.then(|| Instant::now() + RETRY_INTERVAL);
        [retry_at, self.checkpoint_at, self.retention_at].into_iter().flatten().min()
    }

    /// Retries what the store refused, signs a due checkpoint and removes old records.
    async fn run_maintenance(&mut self) {
        let now = Instant::now();
        if !self.retry_queue.is_empty() {
            self.append(Vec::new()).await;
        } else if self.last_error.borrow().is_some() {
            // no caller sends commands to a server that is not ready, so the task tries the store itself
            self.append_checkpoint().await;
        }
        if self.checkpoint_at.is_some_and(|at| at <= now) {
            self.checkpoint_at = Some(now + RETRY_INTERVAL);
            self.append_checkpoint().await;
        }
        if self.retention_at.is_some_and(|at| at <= now) {
            let more = self.apply_retention().await;
            self.retention_at = Some(now + if more { RETRY_INTERVAL } else { RETENTION_INTERVAL });
        }
    }

    async fn process(&mut self, commands: &mut Vec<Command>) {
        let (mut batch, mut flushes, mut shutdowns) = (Vec::new(), Vec::new(), Vec::new());
        for command in commands.drain(..) {
            match command {
                Command::Append(append) => batch.push(append),
                Command::Flush(done) => flushes.push(done),
                Command::Shutdown(done) => shutdowns.push(done),
            }
        }
        if !batch.is_empty() {
            self.append(batch).await;
        }
        if !shutdowns.is_empty() {
            self.finish().await;
        }
        for done in flushes.into_iter().chain(shutdowns) {
            // the receiver is gone if its task stopped waiting
            let _ = done.send(());
        }
    }

    async fn finish(&mut self) {
        if !self.retry_queue.is_empty() {
            self.append(Vec::new()).await;
        }
        if self.checkpoint_at.is_some() {
            self.append_checkpoint().await;
        }
        self.checkpoint_writer.flush().await;
    }

    /// Appends the retry queue and a batch, all or none, and a checkpoint after them if one is due.
    async fn append(&mut self, batch: Vec<Append>) {
        let retried = self.retry_queue.len().min(MAX_RETRIED);
        let batch: Vec<Append> = self.retry_queue.drain(..retried).chain(batch).collect();
        let durable = batch.iter().any(|append| append.durable);
        let mut rows = self.link(&batch);
        let records = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let signed = durable || self.end.unsigned + records >= MAX_RECORDS_PER_CHECKPOINT;
        if signed {
            rows.push(self.checkpoint(&rows));
        }
        let result = self.store.append_ledger(&rows, durable).await.map_err(Arc::new);
        match &result {
            Ok(()) => self.on_success(&rows, signed, durable),
            Err(error) => self.on_failure(error, records),
        }
        for append in batch {
            match append.receipt {
                // the receiver is gone if the caller disconnected, which the entry records
                Some(receipt) => drop(receipt.send(result.clone())),
                None if result.is_err() => self.retry_queue.push(append),
                None => {}
            }
        }
    }

    /// Appends a checkpoint that signs every record, and waits for the disk.
    async fn append_checkpoint(&mut self) {
        let checkpoint = self.checkpoint(&[]);
        match self.store.append_ledger(std::slice::from_ref(&checkpoint), true).await {
            Ok(()) => self.on_success(&[checkpoint], true, true),
            Err(error) => self.on_failure(&Arc::new(error), 1),
        }
    }

    /// Removes the oldest records that the retention does not cover, and returns whether more can follow soon. The checkpoint that it
    /// appends does not count, or a ledger without any activity would be rewritten again and again.
    async fn apply_retention(&mut self) -> bool {
        let range = self.retention.removable_range(&self.store, self.end.first, self.end.sequence).await;
        let RemovableRange { through, more } = match range {
            Ok(Some(range)) => range,
            Ok(None) => return false,
            Err(error) => {
                tracing::error!(%error, "cannot determine which records exceed the retention");
                return false;
            }
        };
        let base_hash = match self.store.ledger_from(through, 1).await.map(|mut rows| rows.pop()) {
            Ok(Some(row)) if row.sequence == through => row.hash,
            _ => return false,
        };
        let old_first = std::mem::replace(&mut self.end.first, through + 1);
        let old_base_hash = std::mem::replace(&mut self.end.base_hash, base_hash);
        let checkpoint = self.checkpoint(&[]);
        match self.store.remove_ledger(through, &checkpoint).await {
            Ok(()) => {
                tracing::info!(from = old_first, through, "removed old records of the ledger");
                self.on_success(&[checkpoint], true, true);
                more
            }
            Err(error) => {
                tracing::error!(%error, "cannot remove old records of the ledger");
                self.end.first = old_first;
                self.end.base_hash = old_base_hash;
                false
            }
        }
    }

    fn on_failure(&self, error: &Arc<store::Error>, records: i64) {
        // logged once, and again when the store recovers
        if self.last_error.send_replace(Some(Arc::clone(error))).is_none() {
            tracing::error!(%error, records, "cannot write the ledger, so every call is refused");
        }
    }

    fn on_success(&mut self, rows: &[LedgerRow], signed: bool, durable: bool) {
        let Some(last) = rows.last() else { return };
        if self.last_error.borrow().is_some() {
            self.last_error.send_replace(None);
            tracing::warn!("the ledger can be written again");
        }
        let previous = rows.len().checked_sub(2).map_or(&self.end.hash, |index| &rows[index].hash);
        // the file gets a checkpoint only after the disk has the records that it signs: after a power cut it must not be ahead
        if signed && durable {
            self.checkpoint_writer.write(previous, last);
        }
        let records = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        self.end.unsigned = if signed { 0 } else { self.end.unsigned + records };
        self.end.sequence = last.sequence;
        self.end.hash.clone_from(&last.hash);
        self.checkpoint_at = match self.checkpoint_at {
            _ if signed && durable => None,
            at => at.or_else(|| Some(Instant::now() + CHECKPOINT_INTERVAL)),
        };
    }

    fn link(&self, batch: &[Append]) -> Vec<LedgerRow> {
        let mut rows: Vec<LedgerRow> = Vec::with_capacity(batch.len() + 1);
        for append in batch {
            let (sequence, previous) = self.last(&rows);
            rows.push(chain::link(previous, sequence + 1, &append.entry, append.phase, append.body.clone()));
        }
        rows
    }

    /// A checkpoint that signs the chain and these rows after it.
    fn checkpoint(&self, rows: &[LedgerRow]) -> LedgerRow {
        let (sequence, previous) = self.last(rows);
        Checkpoint::sign(&self.signer, previous, sequence + 1, now(), self.end.first, &self.end.base_hash)
    }

    /// Sequence and hash of the last of these rows, or of the chain if there are none.
    fn last<'a>(&'a self, rows: &'a [LedgerRow]) -> (i64, &'a str) {
        rows.last().map_or((self.end.sequence, &self.end.hash), |row| (row.sequence, &row.hash))
    }
}
