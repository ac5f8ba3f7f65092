//! The chain of hashes: each record's hash covers the record before it, so a change anywhere shows.

use sha2::{Digest, Sha256};
use store::{LedgerRow, Store};

use crate::Error;

const PAGE: i64 = 1000;

/// The hash of a record: SHA-256 over the hash before it, its place, act, phase and body, each ended by a line feed.
pub(crate) fn hash(previous: &str, sequence: i64, act: &str, phase: &str, body: &str) -> String {
    let mut digest = Sha256::new();
    for part in [previous, &sequence.to_string(), act, phase, body] {
        digest.update(part.as_bytes());
        digest.update(b"\n");
    }
    hex::encode(digest.finalize())
}

/// What a whole ledger was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many records there are.
    pub records: i64,
    /// Hash of the last; keep it elsewhere to notice a ledger that was cut off. Empty where there is none.
    pub head: String,
}

/// The first record at which a chain does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {sequence} does not follow from the one before it: {reason}")]
pub struct Broken {
    /// Where.
    pub sequence: i64,
    /// What is wrong there.
    pub reason: &'static str,
}

/// Walks the whole chain.
///
/// # Errors
/// [`Error::Store`] where the store cannot be read, [`Error::Broken`] at the first record that does not follow.
pub async fn verify(store: &Store) -> Result<Verified, Error> {
    let mut state = Verified { records: 0, head: String::new() };
    loop {
        let rows = store.ledger_from(state.records + 1, PAGE).await?;
        if rows.is_empty() {
            return Ok(state);
        }
        for row in rows {
            follows(&state, &row).map_err(Error::Broken)?;
            state = Verified { records: row.sequence, head: row.hash };
        }
    }
}

fn follows(state: &Verified, row: &LedgerRow) -> Result<(), Broken> {
    let broken = |sequence, reason| Err(Broken { sequence, reason });
    if row.sequence != state.records + 1 {
        return broken(state.records + 1, "it is missing");
    }
    if row.hash != hash(&state.head, row.sequence, &row.act, &row.phase, &row.body) {
        return broken(row.sequence, "its hash does not fit its content");
    }
    Ok(())
}
