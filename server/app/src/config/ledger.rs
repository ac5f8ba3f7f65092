//! The section `ledger`: how long it is kept.

use audit::Keep;
use schemars::JsonSchema;
use serde::Deserialize;

/// How long the ledger is kept. All of it is kept unless something is said.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LedgerSection {
    /// Days that a record is kept.
    #[schemars(range(min = 1))]
    pub(crate) keep_days: Option<u32>,
    /// Megabytes that the store may hold before the oldest records are removed.
    #[schemars(range(min = 1))]
    pub(crate) keep_megabytes: Option<u32>,
}

impl LedgerSection {
    pub(crate) fn keep(&self) -> Keep {
        let bytes = self.keep_megabytes.map(|megabytes| u64::from(megabytes.max(1)) * 1_000_000);
        Keep { days: self.keep_days.map(|days| days.max(1)), bytes }
    }
}
