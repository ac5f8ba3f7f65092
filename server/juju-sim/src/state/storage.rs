//! Storage that units have: made with them where their charm asks for it, gone with them unless the cloud can keep it.

use chrono::{DateTime, Utc};

/// An instance of storage, with the filesystem and the volume behind it.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    /// The charm's name for it.
    pub(crate) name: String,
    /// Counted in the model.
    pub(crate) number: u32,
    /// Name of the unit that has it; none while the storage is detached.
    pub(crate) unit: Option<String>,
    pub(crate) block: bool,
    pub(crate) pool: String,
    /// MiB.
    pub(crate) size: u64,
    pub(crate) since: DateTime<Utc>,
    /// Whether the filesystem or volume behind it is missing, so that the controller cannot describe it.
    pub(crate) lost: bool,
    /// A status with its message in place of the usual one.
    pub(crate) status: Option<(String, String)>,
}

impl Storage {
    /// `pgdata/0`.
    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.name, self.number)
    }
}
