//! What must outlive the process, in SQLite: the only room with SQL. Migrations are inside the program.

mod approval;
mod change;
mod checkpoint;
mod key;
mod ledger;
mod retention;
mod schema;

use std::{path::Path, time::Duration};

use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use checkpoint::Checkpoints;

pub use approval::{ApprovalRow, Decision};
pub use change::ChangeRow;
pub use key::Claim;
pub use ledger::LedgerRow;

/// So many rows come over at once from the thread that SQLite works on.
const ROWS: usize = 1000;

/// The program's store. Cheap to clone; one connection writes, one writes what must outlive the machine, a few read.
#[derive(Debug, Clone)]
pub struct Store {
    writer: SqlitePool,
    /// Returns only when the disk has what was written.
    durable_writer: SqlitePool,
    reader: SqlitePool,
    /// None where nothing is written.
    checkpoints: Option<Checkpoints>,
    checkpointer: SqlitePool,
}

impl Store {
    /// Opens the store in a file, makes it where there is none, and brings its tables up to date.
    ///
    /// # Errors
    /// [`Error::Open`] where the file cannot be opened or written, [`Error::Migrate`] where it was made by a newer program.
    pub async fn open(file: &Path) -> Result<Self, Error> {
        Self::open_within(file, None).await
    }

    /// The same for a store that takes no more than so many pages of 4,096 bytes; what is beyond is [`Error::Full`].
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_within(file: &Path, pages: Option<u32>) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .pragma("max_page_count", pages.unwrap_or(u32::MAX - 1).to_string())
            .pragma("wal_autocheckpoint", checkpoint::BY_WRITERS)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        let shown = file.display().to_string();
        let open = |pool: SqlitePoolOptions, options| {
            let file = shown.clone();
            async move { pool.connect_with(options).await.map_err(|cause| Error::Open { file, cause }) }
        };
        let one = || pool().max_connections(1).min_connections(1);
        let writer = open(one(), options.clone()).await?;
        schema::migrate(&writer).await?;
        let durable_writer = open(one(), options.clone().synchronous(SqliteSynchronous::Full)).await?;
        let checkpointer = one().connect_lazy_with(options.clone());
        let checkpoints = Some(Checkpoints::start(checkpointer.clone()));
        let reader = open(pool().max_connections(2), options.read_only(true).row_buffer_size(ROWS)).await?;
        Ok(Self { writer, durable_writer, reader, checkpoints, checkpointer })
    }

    /// Opens an existing store for reading only, as `audit verify` does beside a running server.
    ///
    /// # Errors
    /// [`Error::Open`] where there is no such file.
    pub async fn open_read_only(file: &Path) -> Result<Self, Error> {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).row_buffer_size(ROWS);
        let options = options.busy_timeout(Duration::from_secs(5));
        let reader = pool()
            .max_connections(1)
            .connect_with(options)
            .await
            .map_err(|cause| Error::Open { file: file.display().to_string(), cause })?;
        let [writer, durable_writer, checkpointer] = [reader.clone(), reader.clone(), reader.clone()];
        Ok(Self { writer, durable_writer, reader, checkpoints: None, checkpointer })
    }

    /// Waits for what is being written and closes the file.
    pub async fn close(&self) {
        self.reader.close().await;
        self.checkpointer.close().await;
        self.writer.close().await;
        self.durable_writer.close().await;
    }
}

/// A file of this machine does not go away between two uses, so a connection is not asked each time whether it lives.
fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new().test_before_acquire(false)
}

/// Why the store could not keep or give something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened.
    #[error("cannot open the store `{file}`: {cause}")]
    Open {
        /// The file.
        file: String,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// The tables cannot be brought up to date.
    #[error("cannot bring the store's tables up to date; was it written by a newer program?")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// A row holds what this program would never have written.
    #[error("the {what} `{id}` cannot be read; was the store changed by hand?")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// There is no room left for what was to be written.
    #[error("the store is full")]
    Full(#[source] sqlx::Error),
    /// The file, its directory or its file system can only be read.
    #[error("the store is read-only")]
    ReadOnly(#[source] sqlx::Error),
    /// A statement failed otherwise: the file is damaged, or another program holds it.
    #[error("the store failed: {0}")]
    Failed(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    /// Primary result codes of SQLite, <https://sqlite.org/rescode.html>: 8 for read-only, 13 for full.
    fn from(cause: sqlx::Error) -> Self {
        let code = cause.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
        match code.map(|code| code & 0xff) {
            Some(8) => Self::ReadOnly(cause),
            Some(13) => Self::Full(cause),
            _ => Self::Failed(cause),
        }
    }
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Full(_) => {
                "tell whoever runs this server to free space in its state directory, or to let it keep less"
            }
            Self::ReadOnly(_) => "tell whoever runs this server to make its state directory writable again",
            Self::Open { .. } => "give a state directory that can be written, with `--state-dir DIR`",
            Self::Migrate(_) => "run the program that wrote it, or a newer one",
            Self::Unreadable { .. } | Self::Failed(_) => {
                "tell whoever runs this server to look at its log and its state directory"
            }
        }
    }
}
