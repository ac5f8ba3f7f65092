//! Errors of the store.

use std::{fs::OpenOptions, io::ErrorKind, path::Path};

/// Why the store could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be opened.
    #[error("cannot open the store `{file}`: {cause}")]
    Open {
        /// The file.
        file: String,
        /// The cause.
        #[source]
        cause: sqlx::Error,
    },
    /// The tables cannot be updated.
    #[error("cannot update the tables of the store; was it written by a newer program?")]
    Migrate(#[source] sqlx::migrate::MigrateError),
    /// A row holds a value that this program never writes.
    #[error("the {what} `{id}` cannot be read; was the store changed by hand?")]
    Unreadable {
        /// Kind of the row.
        what: &'static str,
        /// Id of the row.
        id: String,
    },
    /// The file is damaged, or no backup.
    #[error("`{file}` is no intact backup of this program")]
    NotBackup {
        /// The file.
        file: String,
    },
    /// The disk or the store is full.
    #[error("the store is full")]
    Full(#[source] sqlx::Error),
    /// The file, its directory or its file system is read-only.
    #[error("the store or its file system is read-only")]
    ReadOnly(#[source] sqlx::Error),
    /// A statement failed for another reason: the file is damaged, or another program has locked it.
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
    /// The error of a statement on the store in `file`. SQLite reports a file system that was mounted read-only after the file was opened
    /// as an I/O error (primary code 10), so the file itself is asked.
    pub(crate) fn of_statement(cause: sqlx::Error, file: &Path) -> Self {
        match Self::from(cause) {
            Self::Failed(cause) if is_io_error(&cause) && is_read_only(file) => Self::ReadOnly(cause),
            other => other,
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Full(_) => {
                "ask the operator of this server to free space in its state directory, or to reduce the retention"
            }
            Self::ReadOnly(_) => "ask the operator of this server to make its state directory writable again",
            Self::Open { .. } => "give a state directory that can be written, with `--state-dir DIR`",
            Self::NotBackup { .. } => "give a file that `juju-mcp backup create` wrote",
            Self::Migrate(_) => "run the program that wrote it, or a newer one",
            Self::Unreadable { .. } | Self::Failed(_) => {
                "ask the operator of this server to check its log and its state directory"
            }
        }
    }
}

fn is_io_error(cause: &sqlx::Error) -> bool {
    let code = cause.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 10)
}

/// Whether a file cannot be opened for writing because of its file system or its mode.
fn is_read_only(file: &Path) -> bool {
    let opened = OpenOptions::new().append(true).open(file);
    opened.is_err_and(|cause| matches!(cause.kind(), ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied))
}
