//! Persistent state in SQLite: the ledger, approvals, idempotency keys, budget changes and documents of the observer. The only crate with SQL; the migrations are
//! compiled into the program.
//!
//! The rows implement `FromRow` by hand, because the derive needs `sqlx-macros`, which compiles the whole of `sqlx` a second time.

mod approval;
mod backup;
mod budget_change;
mod document;
mod error;
mod idempotency_key;
mod ledger;
mod retention;
mod schema;
mod wal_checkpoint;

use std::{
    fs::{OpenOptions, Permissions},
    io::ErrorKind,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
    time::Duration,
};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use wal_checkpoint::WalCheckpointer;

pub use approval::{ApprovalRow, DecisionUpdate};
pub use backup::BackupFile;
pub use budget_change::BudgetChangeRow;
pub use document::DocumentChange;
pub use error::Error;
pub use idempotency_key::{KEY_LIFETIME_MICROS, KeyClaim, MAX_KEYS_PER_CALLER};
pub use ledger::LedgerRow;
pub use retention::LedgerSize;

/// Mode of the file and its journals.
const PRIVATE_MODE: u32 = 0o600;
/// Rows that SQLite's thread sends at once.
const ROW_BUFFER: usize = 1000;

/// The program's store. Cheap to clone. One connection writes, one writes what must survive a power cut, a few read.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    /// A write returns only when the disk has it.
    durable_writer: SqlitePool,
    reader: SqlitePool,
    /// `None` for a read-only store.
    wal_checkpointer: Option<WalCheckpointer>,
    checkpoint_pool: SqlitePool,
    file: Arc<Path>,
}

impl Store {
    /// Opens the store in a file, creates it if it does not exist, and updates its tables.
    ///
    /// # Errors
    /// [`Error::Open`] if the file cannot be opened or written, [`Error::Migrate`] if a newer program created it.
    pub async fn open(file: &Path) -> Result<Self, Error> {
        Self::open_limited(file, None).await
    }

    /// As [`Self::open`], with a maximum size in pages of 4,096 bytes; a larger write fails with [`Error::Full`].
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_limited(file: &Path, max_pages: Option<u32>) -> Result<Self, Error> {
        create_private(file).map_err(|cause| Error::Open { file: file.display().to_string(), cause: cause.into() })?;
        let options = SqliteConnectOptions::new()
            .filename(file)
            .pragma("max_page_count", max_pages.unwrap_or(u32::MAX - 1).to_string())
            .pragma("wal_autocheckpoint", wal_checkpoint::WAL_AUTOCHECKPOINT_PAGES)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let file_name = file.display().to_string();
        let open = |pool: SqlitePoolOptions, options| {
            let file = file_name.clone();
            async move { pool.connect_with(options).await.map_err(|cause| Error::Open { file, cause }) }
        };
        let single = || pool().max_connections(1).min_connections(1);
        let writer = open(single(), options.clone()).await?;
        schema::migrate(&writer).await?;
        let durable_writer = open(single(), options.clone().synchronous(SqliteSynchronous::Full)).await?;
        let checkpoint_pool = single().connect_lazy_with(options.clone());
        let wal_checkpointer = Some(WalCheckpointer::start(checkpoint_pool.clone()));
        let reader = open(pool().max_connections(2), options.read_only(true).row_buffer_size(ROW_BUFFER)).await?;
        Ok(Self { writer, durable_writer, reader, wal_checkpointer, checkpoint_pool, file: file.into() })
    }

    /// Opens an existing store for reading, as `audit verify` does while the server runs.
    ///
    /// # Errors
    /// [`Error::Open`] if there is no such file.
    pub async fn open_read_only(file: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).row_buffer_size(ROW_BUFFER);
        let options = options.busy_timeout(Duration::from_secs(5));
        let reader = pool()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|cause| Error::Open { file: file.display().to_string(), cause })?;
        let [writer, durable_writer, checkpoint_pool] = [reader.clone(), reader.clone(), reader.clone()];
        Ok(Self { writer, durable_writer, reader, wal_checkpointer: None, checkpoint_pool, file: file.into() })
    }

    /// Checks that this program knows the tables of the store, as `doctor` does while the server runs.
    ///
    /// # Errors
    /// [`Error::Migrate`] if a newer program wrote the store.
    pub async fn check_version(&self) -> Result<(), Error> {
        schema::check_version(&self.reader).await
    }

    /// Waits for pending writes and closes the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.checkpoint_pool.close().await;
        self.writer.close().await;
        self.durable_writer.close().await;
    }
}

/// Creates the file for its owner only, whatever the umask, or takes the access of others from it. SQLite gives its journals the
/// mode of the file.
fn create_private(file: &Path) -> std::io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(PRIVATE_MODE).open(file) {
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
            let is_shared = std::fs::metadata(file)?.permissions().mode() & 0o077 != 0;
            if is_shared { std::fs::set_permissions(file, Permissions::from_mode(PRIVATE_MODE)) } else { Ok(()) }
        }
        created => created.map(drop),
    }
}

/// A connection to a local file does not need a test before each use.
fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new().test_before_acquire(false)
}
