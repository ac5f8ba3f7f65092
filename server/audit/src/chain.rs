//! The hash chain: the hash of each record covers the previous record, so any change breaks the chain.

use aws_lc_rs::digest::{Context, SHA256};
use store::LedgerRow;

/// Digest of the contents of a record: SHA-256 over its entry, phase and body, each ended by a line feed, hexadecimal.
pub(crate) fn content_hash(entry: &str, phase: &str, body: &str) -> String {
    digest(&[entry, phase, body])
}

/// Hash of a record: SHA-256 over the previous hash, its sequence and its content hash, each ended by a line feed.
/// An export that leaves a record out needs only its content hash to prove the records around it.
pub(crate) fn hash(previous: &str, sequence: i64, content_hash: &str) -> String {
    digest(&[previous, &sequence.to_string(), content_hash])
}

/// The next row of a chain.
pub(crate) fn link(previous: &str, sequence: i64, entry: &str, phase: &str, body: String) -> LedgerRow {
    let hash = hash(previous, sequence, &content_hash(entry, phase, &body));
    LedgerRow { sequence, entry: entry.to_owned(), phase: phase.to_owned(), body, hash }
}

fn digest(parts: &[&str]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(b"\n");
    }
    hex::encode(context.finish())
}

/// The end of a ledger.
#[derive(Debug)]
pub(crate) struct ChainEnd {
    /// Sequence of the last record, 0 if there is none.
    pub(crate) sequence: i64,
    /// Hash of the last record.
    pub(crate) hash: String,
    /// Sequence of the oldest record.
    pub(crate) first: i64,
    /// Hash of the record before the oldest one.
    pub(crate) base_hash: String,
    /// Number of records after the last checkpoint.
    pub(crate) unsigned: i64,
}

impl ChainEnd {
    /// Whether the ledger is empty or has only its first checkpoint. The server writes that one before any entry, so only such a
    /// ledger can be without a checkpoint file.
    pub(crate) fn is_without_entries(&self) -> bool {
        self.sequence == 0 || (self.sequence, self.unsigned) == (1, 0)
    }
}
