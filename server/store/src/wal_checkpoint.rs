//! Copies SQLite's write-ahead log (WAL) into the database file in a background task, so that no writer waits for it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sqlx::SqlitePool;
use tokio::sync::mpsc;

/// Ledger rows between two checkpoints: about 6 MB of log if each row has its own transaction.
const CHECKPOINT_ROWS: usize = 1000;
/// `wal_autocheckpoint` in pages (32 MB): fallback if the background checkpoint falls behind.
pub(crate) const WAL_AUTOCHECKPOINT_PAGES: &str = "8000";

/// Counts appended rows, and starts a checkpoint of the WAL when enough have been appended.
#[derive(Debug, Clone)]
pub(crate) struct WalCheckpointer {
    rows: Arc<AtomicUsize>,
    due: mpsc::Sender<()>,
}

impl WalCheckpointer {
    /// Starts the background task with its own connection. The task ends when the last clone is dropped.
    pub(crate) fn start(connection: SqlitePool) -> Self {
        let (due, mut received) = mpsc::channel(1);
        tokio::spawn(async move {
            while received.recv().await.is_some() {
                // passive: leaves pages that are being read or written to the next checkpoint
                if let Err(error) = sqlx::query("pragma wal_checkpoint(passive)").execute(&connection).await {
                    tracing::warn!(%error, "the checkpoint of the store's write-ahead log failed");
                }
            }
        });
        Self { rows: Arc::default(), due }
    }

    /// Counts appended rows.
    pub(crate) fn count(&self, rows: usize) {
        if self.rows.fetch_add(rows, Ordering::Relaxed) + rows >= CHECKPOINT_ROWS {
            self.rows.store(0, Ordering::Relaxed);
            // a full channel means that a checkpoint is due already
            let _ = self.due.try_send(());
        }
    }
}
