//! Moves what was appended from SQLite's log into its file beside the writers, so that none of them waits for the disk.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sqlx::SqlitePool;
use tokio::sync::mpsc;

/// Rows of the ledger from one time to the next: some 6 MB of log where each has a transaction of its own.
const EVERY: usize = 1000;
/// Pages of log at which a writer moves them itself, because nobody else does: 32 MB.
pub(crate) const BY_WRITERS: &str = "8000";

/// Counts what is appended, and has it moved.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoints {
    rows: Arc<AtomicUsize>,
    due: mpsc::Sender<()>,
}

impl Checkpoints {
    /// Starts the task that moves, over a connection of its own. It ends with the last copy of what is returned.
    pub(crate) fn start(own: SqlitePool) -> Self {
        let (due, mut told) = mpsc::channel(1);
        tokio::spawn(async move {
            while told.recv().await.is_some() {
                // what is read or written at the moment is left for the next time
                if let Err(error) = sqlx::query("pragma wal_checkpoint(passive)").execute(&own).await {
                    tracing::warn!(%error, "the log of the store cannot be moved into its file");
                }
            }
        });
        Self { rows: Arc::default(), due }
    }

    /// So many rows were appended.
    pub(crate) fn count(&self, rows: usize) {
        if self.rows.fetch_add(rows, Ordering::Relaxed) + rows >= EVERY {
            self.rows.store(0, Ordering::Relaxed);
            // where it is told already, it has yet to begin
            let _ = self.due.try_send(());
        }
    }
}
