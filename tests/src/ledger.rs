//! Ledgers for tests, signed with a fixed key.

use std::{collections::HashMap, path::Path};

use audit::{LatestCheckpoint, Ledger, LedgerConfig, PublicKey, Retention, Signer};
use store::Store;

/// The file of the latest checkpoint, in the folder of the store.
const CHECKPOINT_FILE: &str = "ledger-checkpoint.json";

/// The signer of all test ledgers.
#[must_use]
pub fn signer() -> Signer {
    Signer::new(&[7; 32])
}

/// The public key of [`signer`], as the argument of a verification.
#[must_use]
pub fn keys() -> [PublicKey; 1] {
    [signer().public_key().clone()]
}

/// A configuration with that key and unlimited retention.
#[must_use]
pub fn ledger_config(folder: &Path) -> LedgerConfig {
    LedgerConfig {
        signer: signer(),
        checkpoint_file: folder.join(CHECKPOINT_FILE),
        retention: Retention::default(),
        sinks: Vec::new(),
        known_outcomes: HashMap::new(),
    }
}

/// File of the store in a folder.
pub const STORE_FILE: &str = "state.db";

/// The ledger of the store `state.db` in a folder.
pub async fn ledger(folder: &Path) -> Ledger {
    let store = Store::open(&folder.join(STORE_FILE)).await.expect("a store");
    Ledger::open(store, ledger_config(folder)).await.expect("a ledger")
}

/// The latest checkpoint that was stored in a folder.
#[must_use]
pub fn latest_checkpoint(folder: &Path) -> Option<LatestCheckpoint> {
    LatestCheckpoint::parse(&std::fs::read_to_string(folder.join(CHECKPOINT_FILE)).ok()?, Some(&keys()))
}
