//! Checkpoints: records in which the server signs all records before them.

use serde::{Deserialize, Serialize};
use store::LedgerRow;

use crate::{PublicKey, Signer, chain};

/// The phase of a checkpoint record.
pub(crate) const PHASE: &str = "checkpoint";

/// Contents of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Time of the signature, RFC 3339 with microseconds, UTC.
    pub time: String,
    /// The oldest record of the ledger at that time; the server itself removed all earlier ones.
    pub first: i64,
    /// Hash of the last removed record; empty if none was removed.
    pub base_hash: String,
    /// Public key of the signer, hexadecimal.
    pub key: String,
    /// Ed25519 signature over [`Checkpoint::signed_text`], hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    /// The row of a checkpoint that signs everything up to the previous record.
    pub(crate) fn sign(
        signer: &Signer,
        previous: &str,
        sequence: i64,
        time: String,
        first: i64,
        base_hash: &str,
    ) -> LedgerRow {
        let key = signer.public_key().hex();
        let mut checkpoint = Self { time, first, base_hash: base_hash.to_owned(), key, signature: String::new() };
        checkpoint.signature = signer.sign(&checkpoint.signed_text(previous, sequence));
        let body = serde_json::to_string(&checkpoint).expect("strings and a number serialize as JSON");
        chain::link(previous, sequence, "", PHASE, body)
    }

    /// Parses a row; returns `None` if it is not a checkpoint in exactly the form that the server writes.
    pub(crate) fn from_row(row: &LedgerRow) -> Option<Self> {
        let checkpoint: Self = serde_json::from_str(&row.body).ok()?;
        let is_canonical = serde_json::to_string(&checkpoint).ok()? == row.body;
        (row.entry.is_empty() && row.phase == PHASE && is_canonical).then_some(checkpoint)
    }

    /// Whether the checkpoint names one of these keys as its signer; without keys, any signer is accepted.
    pub(crate) fn names_key(&self, keys: Option<&[PublicKey]>) -> bool {
        keys.is_none_or(|keys| keys.iter().any(|key| key.hex() == self.key))
    }

    /// Whether the signature is valid for the named key.
    pub(crate) fn has_valid_signature(&self, previous: &str, sequence: i64) -> bool {
        PublicKey::from_hex(&self.key)
            .is_some_and(|key| key.verify(&self.signed_text(previous, sequence), &self.signature))
    }

    /// The signed text: a title, the sequence of the checkpoint, the hash of the previous record and the contents, one line each.
    #[must_use]
    pub fn signed_text(&self, previous: &str, sequence: i64) -> String {
        let Self { time, first, base_hash, key, .. } = self;
        format!("juju-mcp ledger checkpoint 1\n{sequence}\n{previous}\n{time}\n{first}\n{base_hash}\n{key}\n")
    }
}
