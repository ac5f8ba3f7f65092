//! Ledgers for journeys, signed with a key that all of them know.

use std::path::Path;

use audit::{Keep, Ledger, Newest, PublicKey, Signer, Terms};
use store::Store;

/// The file of the newest head, in the folder of the store.
const NEWEST: &str = "ledger-head.json";

/// The signer of all ledgers of journeys.
#[must_use]
pub fn signer() -> Signer {
    Signer::new(&[7; 32])
}

/// Its public half, as those who verify give it.
#[must_use]
pub fn keys() -> [PublicKey; 1] {
    [signer().public_key().clone()]
}

/// Signed by that key, and all of it kept.
#[must_use]
pub fn terms(folder: &Path) -> Terms {
    Terms { signer: signer(), newest: folder.join(NEWEST), keep: Keep::default() }
}

/// File of the store in a folder.
pub const STORE_FILE: &str = "state.db";

/// The ledger of the store `state.db` in a folder.
pub async fn ledger(folder: &Path) -> Ledger {
    let store = Store::open(&folder.join(STORE_FILE)).await.expect("a store");
    Ledger::open(store, terms(folder)).await.expect("a ledger")
}

/// The newest head that was kept apart in a folder.
#[must_use]
pub fn newest(folder: &Path) -> Option<Newest> {
    Newest::read(&std::fs::read_to_string(folder.join(NEWEST)).ok()?, Some(&keys()))
}
