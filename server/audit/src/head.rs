//! Signed heads: records in which the server signs all records before them.

use serde::{Deserialize, Serialize};
use store::LedgerRow;

use crate::{PublicKey, Signer, chain};

/// The phase of a record that is a head.
pub(crate) const PHASE: &str = "head";

/// What stands in a head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// When it was signed, RFC 3339 with microseconds, UTC.
    pub time: String,
    /// The oldest record that the ledger then kept; what stood before was removed by the server itself.
    pub first: i64,
    /// Hash of the last removed record; empty where none was.
    pub base: String,
    /// Public key of the signer, hexadecimal.
    pub key: String,
    /// Ed25519 over the text that [`Head::text`] makes, hexadecimal.
    pub signature: String,
}

impl Head {
    /// The row of a head that signs all up to the record before it.
    pub(crate) fn sign(
        signer: &Signer,
        previous: &str,
        sequence: i64,
        time: String,
        first: i64,
        base: &str,
    ) -> LedgerRow {
        let key = signer.public_key().hex();
        let mut head = Self { time, first, base: base.to_owned(), key, signature: String::new() };
        head.signature = signer.sign(&head.text(previous, sequence));
        let body = serde_json::to_string(&head).expect("texts and a number can be written as JSON");
        chain::link(previous, sequence, "", PHASE, body)
    }

    /// What stands in a row that was written as a head; nothing where it was not written so.
    pub(crate) fn read(row: &LedgerRow) -> Option<Self> {
        let head: Self = serde_json::from_str(&row.body).ok()?;
        let as_written = serde_json::to_string(&head).ok()? == row.body;
        (row.act.is_empty() && row.phase == PHASE && as_written).then_some(head)
    }

    /// Whether it says that one of these keys has signed it; any counts where there are none given.
    pub(crate) fn is_of(&self, keys: Option<&[PublicKey]>) -> bool {
        keys.is_none_or(|keys| keys.iter().any(|key| key.hex() == self.key))
    }

    /// Whether the key that it names has signed it.
    pub(crate) fn is_signed(&self, previous: &str, sequence: i64) -> bool {
        PublicKey::of_hex(&self.key).is_some_and(|key| key.verify(&self.text(previous, sequence), &self.signature))
    }

    /// What is signed: a name, the head's place, the hash of the record before it, and what the head says, a line each.
    #[must_use]
    pub fn text(&self, previous: &str, sequence: i64) -> String {
        let Self { time, first, base, key, .. } = self;
        format!("juju-mcp ledger head 1\n{sequence}\n{previous}\n{time}\n{first}\n{base}\n{key}\n")
    }
}
