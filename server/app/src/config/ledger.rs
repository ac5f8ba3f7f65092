//! The section `ledger`: retention of the ledger.

use audit::Retention;
use schemars::JsonSchema;
use serde::Deserialize;

/// Retention of the ledger. Default: all records are retained.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LedgerSection {
    /// Age in days after which a record is removed.
    #[schemars(range(min = 1))]
    pub(crate) retention_days: Option<u32>,
    /// Size of the store in megabytes above which the oldest records are removed.
    #[schemars(range(min = 1))]
    pub(crate) max_size_mb: Option<u32>,
}

impl LedgerSection {
    pub(crate) fn retention(&self) -> Retention {
        let max_bytes = self.max_size_mb.map(|megabytes| u64::from(megabytes) * 1_000_000);
        Retention { days: self.retention_days, max_bytes }
    }
}
