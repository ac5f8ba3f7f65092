//! Errors of the ledger.

use std::sync::Arc;

use crate::{ChainError, InvalidRecord};

/// Why the ledger cannot be written, read or verified.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error("the ledger cannot be read or written: {0}")]
    Store(#[source] Arc<store::Error>),
    /// The program is ending.
    #[error("the ledger is closed, because the server is stopping")]
    Closed,
    /// A record cannot be serialized.
    #[error("the record cannot be written as JSON")]
    Serialize(#[source] serde_json::Error),
    /// The chain does not verify.
    #[error("the ledger was changed: {0}")]
    InvalidRecord(InvalidRecord),
    /// The checkpoint file holds something else.
    #[error("`{0}` does not hold a signed checkpoint")]
    CheckpointFile(String),
    /// The checkpoint file is empty or ends within the checkpoint.
    #[error("the checkpoint file `{0}` is empty or cut, as after a full disk or a power cut")]
    IncompleteCheckpointFile(String),
    /// Another key signed the ledger.
    #[error("the ledger was signed with another key than `ledger.key` of its state directory")]
    ForeignKey,
    /// The ledger has records and its checkpoint file is missing.
    #[error("the ledger has records, but its checkpoint file `{0}` is missing, so its end may have been cut off")]
    MissingCheckpointFile(String),
    /// A line of an export cannot be parsed.
    #[error("line {0} is not a ledger record")]
    ExportLine(usize),
    /// An export cannot be read or written.
    #[error("the export cannot be read or written: {0}")]
    Export(#[source] std::io::Error),
}

impl Error {
    /// What the user can do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Store(error) => Some(error.remedy()),
            Self::Closed => Some("call again after the server has restarted"),
            Self::InvalidRecord(_) | Self::CheckpointFile(_) => {
                Some("keep a copy of the store, find out who changed it, and start with an empty state directory")
            }
            Self::IncompleteCheckpointFile(_) | Self::MissingCheckpointFile(_) => Some(
                "restore it from a backup; or verify the ledger and write the file again with `juju-mcp audit rebuild-checkpoint --state-dir DIR`, with `--checkpoint FILE` where a sink has one",
            ),
            Self::ForeignKey => Some(
                "restore the original key from a backup (`juju-mcp audit rotate-key` changes it); without it, keep a copy of the state directory and start with an empty one",
            ),
            Self::ExportLine(_) => Some("give an unmodified file from `juju-mcp audit export`"),
            Self::Serialize(_) | Self::Export(_) => None,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

/// The error for a record that cannot be parsed.
pub(crate) fn unreadable(sequence: i64) -> Error {
    Error::InvalidRecord(InvalidRecord { sequence, error: ChainError::Unreadable })
}
