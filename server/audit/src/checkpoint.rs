//! Checkpoints: records in which the server signs all records before them.

use serde::{Deserialize, Serialize};
use store::LedgerRow;

use crate::{
    PublicKey, Signer,
    chain::{self, ChainEnd},
};

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
    /// The key that signs from here on, where the key was changed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<NextKey>,
    /// Ed25519 signature over [`Checkpoint::signed_text`], hexadecimal.
    pub signature: String,
}

/// A new key in a checkpoint: signed by the old key with the rest of the checkpoint, and itself a signer of it, so that each of both
/// keys proves the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NextKey {
    /// The new public key, hexadecimal.
    pub key: String,
    /// Signature of the new key over [`Checkpoint::signed_text`], hexadecimal.
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
        let checkpoint =
            Self { time, first, base_hash: base_hash.to_owned(), key, next: None, signature: String::new() };
        checkpoint.into_row(signer, previous, sequence)
    }

    /// The row of a checkpoint that hands over to another key.
    pub(crate) fn sign_rotation(signer: &Signer, next: &Signer, end: &ChainEnd, time: String) -> LedgerRow {
        let (sequence, previous) = (end.sequence + 1, end.hash.as_str());
        let mut checkpoint = Self {
            time,
            first: end.first,
            base_hash: end.base_hash.clone(),
            key: signer.public_key().hex(),
            next: Some(NextKey { key: next.public_key().hex(), signature: String::new() }),
            signature: String::new(),
        };
        let signature = next.sign(&checkpoint.signed_text(previous, sequence));
        if let Some(next) = &mut checkpoint.next {
            next.signature = signature;
        }
        checkpoint.into_row(signer, previous, sequence)
    }

    fn into_row(mut self, signer: &Signer, previous: &str, sequence: i64) -> LedgerRow {
        self.signature = signer.sign(&self.signed_text(previous, sequence));
        let body = serde_json::to_string(&self).expect("strings and a number serialize as JSON");
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

    /// Whether the signature is valid for the named key, and that of the next key for that one.
    pub(crate) fn has_valid_signature(&self, previous: &str, sequence: i64) -> bool {
        let text = self.signed_text(previous, sequence);
        let is_valid =
            |key: &str, signature: &str| PublicKey::from_hex(key).is_some_and(|key| key.verify(&text, signature));
        is_valid(&self.key, &self.signature)
            && self.next.as_ref().is_none_or(|next| is_valid(&next.key, &next.signature))
    }

    /// Whether this key signed the checkpoint, or signs from it on.
    pub(crate) fn is_of(&self, key: &PublicKey) -> bool {
        self.key == key.hex() || self.next.as_ref().is_some_and(|next| next.key == key.hex())
    }

    /// The signed text: a title, the sequence of the checkpoint, the hash of the previous record and the contents, one line each; a
    /// new key adds a line.
    #[must_use]
    pub fn signed_text(&self, previous: &str, sequence: i64) -> String {
        let Self { time, first, base_hash, key, next, .. } = self;
        let next = next.as_ref().map(|next| format!("{}\n", next.key)).unwrap_or_default();
        format!("juju-mcp ledger checkpoint 1\n{sequence}\n{previous}\n{time}\n{first}\n{base_hash}\n{key}\n{next}")
    }
}
