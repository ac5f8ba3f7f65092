//! Why the ledger cannot be kept or read.

use std::sync::Arc;

use crate::Broken;

/// Why the ledger cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error("the ledger cannot be kept: {0}")]
    Store(#[source] Arc<store::Error>),
    /// The program is ending.
    #[error("the ledger is closed, because the server is stopping")]
    Closed,
    /// A record cannot be written as JSON.
    #[error("the record cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
    /// The chain does not hold.
    #[error("the ledger was changed: {0}")]
    Broken(Broken),
    /// The file of the newest head holds something else.
    #[error("`{0}` does not hold a signed head")]
    Newest(String),
    /// A line of an export is none.
    #[error("line {0} is no line of an export of a ledger")]
    Line(usize),
    /// An export cannot be read or written.
    #[error("the export cannot be read or written: {0}")]
    Export(#[source] std::io::Error),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        match self {
            Self::Store(error) => Some(error.remedy()),
            Self::Closed => Some("call again when the server is back"),
            Self::Broken(_) | Self::Newest(_) => {
                Some("put the store aside as it is, find out who changed it, and begin with an empty state directory")
            }
            Self::Line(_) => Some("give a file as `juju-mcp audit export` wrote it"),
            Self::Unwritable(_) | Self::Export(_) => None,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}
