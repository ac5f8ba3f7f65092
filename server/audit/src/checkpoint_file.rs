//! The latest checkpoint, in a file beside the store: it reveals that the end of a ledger was cut off.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use store::LedgerRow;
use tokio::{
    fs,
    io::AsyncWriteExt as _,
    sync::{mpsc, oneshot},
};

use crate::{
    PublicKey, chain,
    checkpoint::{self, Checkpoint},
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
    pub(crate) fn start(file: PathBuf) -> Self {
        let (commands, received) = mpsc::unbounded_channel();
        tokio::spawn(write_all(file, received));
        Self { commands }
    }

    /// Writes a checkpoint that the disk has in the store.
    pub(crate) fn write(&self, previous: &str, row: &LedgerRow) {
        let Some(checkpoint) = Checkpoint::from_row(row) else { return };
        let hash = row.hash.clone();
        let file = CheckpointFile { sequence: row.sequence, previous: previous.to_owned(), checkpoint, hash };
        let text = serde_json::to_string(&file).expect("strings and numbers serialize as JSON");
        // the task ends only when `self` is dropped
        let _ = self.commands.send(WriteCommand::Write(text));
    }

    /// Waits until the file holds the last checkpoint that was given.
    pub(crate) async fn flush(&self) {
        let (done, received) = oneshot::channel();
        if self.commands.send(WriteCommand::Flush(done)).is_ok() {
            let _ = received.await;
        }
    }
}

async fn write_all(file: PathBuf, mut received: mpsc::UnboundedReceiver<WriteCommand>) {
    let mut commands = Vec::new();
    while received.recv_many(&mut commands, MAX_BATCH).await > 0 {
        let (mut latest, mut flushes) = (None, Vec::new());
        for command in commands.drain(..) {
            match command {
                WriteCommand::Write(text) => latest = Some(text),
                WriteCommand::Flush(done) => flushes.push(done),
            }
        }
        if let Some(text) = latest
            && let Err(error) = replace_file(&file, &text).await
        {
            tracing::error!(%error, file = %file.display(), "cannot write the checkpoint file of the ledger");
        }
        for done in flushes {
            // the receiver is gone if its task stopped waiting
            let _ = done.send(());
        }
    }
}

/// Writes to a temporary name first, so that a reader finds the old or the new checkpoint, never a part of one.
async fn replace_file(file: &Path, text: &str) -> io::Result<()> {
    let part = file.with_extension("part");
    let options = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).clone();
    let mut handle = options.open(&part).await?;
    handle.write_all(text.as_bytes()).await?;
    handle.sync_all().await?;
    fs::rename(&part, file).await
}
