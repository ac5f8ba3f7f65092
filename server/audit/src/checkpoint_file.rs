//! The latest checkpoint, in a file beside the store: it reveals that the end of a ledger was cut off.

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};
use store::LedgerRow;
use tokio::sync::{mpsc, oneshot};

use crate::{
    PublicKey, chain,
    checkpoint::{self, Checkpoint},
    checkpoint_sink::SinkSender,
};

/// Writes that the task processes together.
const MAX_BATCH: usize = 256;

/// A checkpoint with everything that is needed to verify it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestCheckpoint {
    row: LedgerRow,
    checkpoint: Checkpoint,
}

/// Contents of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointFile {
    sequence: i64,
    /// Hash of the previous record.
    previous: String,
    checkpoint: Checkpoint,
    hash: String,
}

impl LatestCheckpoint {
    /// Parses the text of the file. Returns `None` if it is not a checkpoint with a valid signature by one of these keys; without
    /// keys, by any key.
    #[must_use]
    pub fn parse(text: &str, keys: Option<&[PublicKey]>) -> Option<Self> {
        let CheckpointFile { sequence, previous, checkpoint, hash } = serde_json::from_str(text).ok()?;
        let body = serde_json::to_string(&checkpoint).ok()?;
        let row = chain::link(&previous, sequence, "", checkpoint::PHASE, body);
        let is_valid =
            row.hash == hash && checkpoint.names_key(keys) && checkpoint.has_valid_signature(&previous, sequence);
        is_valid.then_some(Self { row, checkpoint })
    }

    /// Parses the checkpoints of a text with several ones, one per line, as sinks write them: what precedes the object in a line, such
    /// as the time of a syslog daemon, is ignored. Returns `None` if a line has no valid checkpoint, or if there is none at all.
    #[must_use]
    pub fn parse_lines(text: &str, keys: Option<&[PublicKey]>) -> Option<Vec<Self>> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let parsed = lines.map(|line| Self::parse(&line[line.find('{')?..], keys)).collect::<Option<Vec<_>>>()?;
        (!parsed.is_empty()).then_some(parsed)
    }

    /// Whether a text is empty or only the beginning of a checkpoint: the disk was full, or the machine stopped during the write.
    #[must_use]
    pub fn is_incomplete(text: &str) -> bool {
        matches!(serde_json::from_str::<CheckpointFile>(text), Err(error) if error.is_eof())
    }

    /// The text of the file.
    pub(crate) fn to_text(previous: &str, row: &LedgerRow) -> Option<String> {
        let checkpoint = Checkpoint::from_row(row)?;
        let hash = row.hash.clone();
        let file = CheckpointFile { sequence: row.sequence, previous: previous.to_owned(), checkpoint, hash };
        Some(serde_json::to_string(&file).expect("strings and numbers serialize as JSON"))
    }

    /// Position in the chain.
    #[must_use]
    pub fn sequence(&self) -> i64 {
        self.row.sequence
    }

    /// Hash of the checkpoint record.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.row.hash
    }

    /// Time of the signature.
    #[must_use]
    pub fn time(&self) -> &str {
        &self.checkpoint.time
    }
}

/// Writes the latest checkpoint to its file, in a task of its own. If checkpoints come faster than the disk takes them, it writes
/// only the last one.
#[derive(Debug)]
pub(crate) struct CheckpointWriter {
    commands: mpsc::UnboundedSender<WriteCommand>,
}

#[derive(Debug)]
enum WriteCommand {
    Write(String),
    /// Answered when all earlier writes are done.
    Flush(oneshot::Sender<()>),
}

impl CheckpointWriter {
    pub(crate) fn start(file: PathBuf, sinks: SinkSender) -> Self {
        let (commands, received) = mpsc::unbounded_channel();
        tokio::spawn(write_all(file, sinks, received));
        Self { commands }
    }

    /// Writes a checkpoint that the disk has in the store.
    pub(crate) fn write(&self, previous: &str, row: &LedgerRow) {
        let Some(text) = LatestCheckpoint::to_text(previous, row) else { return };
        // the task ends only when `self` is dropped
        let _ = self.commands.send(WriteCommand::Write(text));
    }

    /// Waits until the file holds the last checkpoint that was given, and a limited time for the sinks.
    pub(crate) async fn flush(&self) {
        let (done, received) = oneshot::channel();
        if self.commands.send(WriteCommand::Flush(done)).is_ok() {
            let _ = received.await;
        }
    }
}

async fn write_all(file: PathBuf, sinks: SinkSender, mut received: mpsc::UnboundedReceiver<WriteCommand>) {
    let mut commands = Vec::new();
    let mut is_failing = false;
    while received.recv_many(&mut commands, MAX_BATCH).await > 0 {
        let (mut latest, mut flushes) = (None, Vec::new());
        for command in commands.drain(..) {
            match command {
                WriteCommand::Write(text) => latest = Some(text),
                WriteCommand::Flush(done) => flushes.push(done),
            }
        }
        if let Some(text) = latest {
            sinks.send(&text);
            match write(file.clone(), text).await {
                Ok(()) => is_failing = false,
                // logged once, and again when it fails after a success
                Err(error) if !std::mem::replace(&mut is_failing, true) => {
                    tracing::error!(%error, file = %file.display(), "cannot write the checkpoint file of the ledger");
                }
                Err(_) => {}
            }
        }
        if !flushes.is_empty() {
            sinks.flush().await;
        }
        for done in flushes {
            // the receiver is gone if its task stopped waiting
            let _ = done.send(());
        }
    }
}

/// Replaces the file, off the asynchronous workers because it waits for the disk.
async fn write(file: PathBuf, text: String) -> io::Result<()> {
    tokio::task::spawn_blocking(move || private_file::replace(&file, text.as_bytes()))
        .await
        .map_err(io::Error::other)?
}
