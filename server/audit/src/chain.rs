//! The chain of hashes: each record's hash covers the record before it, so a change anywhere shows.

use aws_lc_rs::digest::{Context, SHA256};
use store::LedgerRow;

/// Digest of what a record says: SHA-256 over its act, phase and body, each ended by a line feed, hexadecimal.
pub(crate) fn content(act: &str, phase: &str, body: &str) -> String {
    digest(&[act, phase, body])
}

/// Hash of a record: SHA-256 over the hash before it, its place and the digest of what it says, each ended by a line feed.
/// The digest alone is enough to prove the records around one that is left out of an export.
pub(crate) fn hash(previous: &str, sequence: i64, content: &str) -> String {
    digest(&[previous, &sequence.to_string(), content])
}

/// The row that follows in a chain.
pub(crate) fn link(previous: &str, sequence: i64, act: &str, phase: &str, body: String) -> LedgerRow {
    let hash = hash(previous, sequence, &content(act, phase, &body));
    LedgerRow { sequence, act: act.to_owned(), phase: phase.to_owned(), body, hash }
}

fn digest(parts: &[&str]) -> String {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part.as_bytes());
        context.update(b"\n");
    }
    hex::encode(context.finish())
}
