//! Ledgers for tests, signed with a fixed key.

use std::path::Path;

use audit::{Keep, Ledger, Newest, PublicKey, Signer, Terms};
use store::Store;

/// The file of the latest checkpoint, in the folder of the store.
const CHECKPOINT_FILE: &str = "ledger-head.json";

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
pub fn terms(folder: &Path) -> Terms {
    Terms { signer: signer(), newest: folder.join(CHECKPOINT_FILE), keep: Keep::default() }
}

/// File of the store in a folder.
pub const STORE_FILE: &str = "state.db";

/// The ledger of the store `state.db` in a folder.
pub async fn ledger(folder: &Path) -> Ledger {
    let store = Store::open(&folder.join(STORE_FILE)).await.expect("a store");
    Ledger::open(store, terms(folder)).await.expect("a ledger")
}

/// The latest checkpoint that was stored in a folder.
#[must_use]
pub fn newest(folder: &Path) -> Option<Newest> {
    Newest::read(&std::fs::read_to_string(folder.join(CHECKPOINT_FILE)).ok()?, Some(&keys()))
}
