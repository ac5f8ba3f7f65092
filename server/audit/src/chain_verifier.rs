//! Verifies a chain record by record, and names the first invalid record.

use store::LedgerRow;

use crate::{
    PublicKey, chain,
    checkpoint::{self, Checkpoint},
    checkpoint_file::LatestCheckpoint,
};

/// A checkpoint follows after at most this many records.
pub(crate) const MAX_RECORDS_PER_CHECKPOINT: i64 = 1000;

/// Result of a verification without errors, of a ledger or of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Number of records, checkpoints included.
    pub records: i64,
    /// Sequence of the oldest record. A signed checkpoint states that the server removed all earlier ones.
    pub first: i64,
    /// Number of records after the last checkpoint, which only the hash chain protects.
    pub unsigned: i64,
    /// Time of the last checkpoint; empty if there is none.
    pub signed_at: String,
    /// Hash of the last record; empty if there is none.
    pub last_hash: String,
}

/// The first record at which the verification failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {sequence} {error}")]
pub struct InvalidRecord {
    /// Position in the chain.
    pub sequence: i64,
    /// The failed check.
    pub error: ChainError,
}

/// Why a record is invalid. The text continues a sentence that begins with the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The record is missing, and later ones exist.
    #[error("is missing")]
    Missing,
    /// The record and all later ones are missing, but a later checkpoint was signed.
    #[error(
        "and all later ones are missing: the ledger was cut off, because record {checkpoint} is a checkpoint that was signed at {time}"
    )]
    Truncated {
        /// Sequence of the missing checkpoint.
        checkpoint: i64,
        /// Time of its signature.
        time: String,
    },
    /// The hash does not match the contents and the previous hash.
    #[error("does not follow from the previous record: one of the two was changed, moved or inserted")]
    BrokenLink,
    /// The record has the phase of a checkpoint but not its form.
    #[error("is not a checkpoint in the form that this server writes")]
    InvalidCheckpoint,
    /// The signature of a checkpoint does not match.
    #[error(
        "or a later one was changed and the hashes were recomputed: the signature of the checkpoint at record {checkpoint} does not match"
    )]
    InvalidSignature {
        /// Sequence of the checkpoint.
        checkpoint: i64,
    },
    /// The key of a checkpoint is not trusted.
    #[error("is a checkpoint signed by another key: `{key}`")]
    UntrustedKey {
        /// The key, hexadecimal.
        key: String,
    },
    /// The record differs from the checkpoint in the checkpoint file.
    #[error("differs from the checkpoint that was signed at this position and stored outside the ledger")]
    CheckpointMismatch,
    /// No checkpoint follows within the maximum number of records.
    #[error(
        "and later ones are not signed, although a checkpoint follows after at most {MAX_RECORDS_PER_CHECKPOINT} records"
    )]
    MissingCheckpoint,
    /// An export does not end with a checkpoint.
    #[error("and later ones are not followed by a checkpoint, so the export was cut off")]
    TruncatedExport,
    /// The record cannot be parsed.
    #[error("cannot be parsed")]
    Unreadable,
}

/// A verification of a chain, and its current position.
#[derive(Debug, Clone)]
pub struct ChainVerifier<'a> {
    /// Trusted keys; without keys, any key is accepted. A checkpoint of a trusted key adds the next one.
    keys: Option<Vec<PublicKey>>,
    latest: Option<&'a LatestCheckpoint>,
    first: i64,
    base_hash: String,
    last_sequence: i64,
    last_hash: String,
    /// Sequence of the last checkpoint; before the first checkpoint, that of the record before the first one.
    signed_through: i64,
    /// Time of the last checkpoint; empty before the first one.
    signed_at: String,
}

impl<'a> ChainVerifier<'a> {
    /// Starts at the first record of a ledger from which nothing was removed.
    #[must_use]
    pub fn from_start(keys: &'a [PublicKey], latest: Option<&'a LatestCheckpoint>) -> Self {
        Self::new(Some(keys), latest, 1, String::new())
    }

    /// Starts at record `first`; `base_hash` is the hash of the record before it.
    pub(crate) fn new(
        keys: Option<&'a [PublicKey]>,
        latest: Option<&'a LatestCheckpoint>,
        first: i64,
        base_hash: String,
    ) -> Self {
        Self {
            keys: keys.map(<[PublicKey]>::to_vec),
            latest,
            first,
            last_sequence: first - 1,
            last_hash: base_hash.clone(),
            base_hash,
            signed_through: first - 1,
            signed_at: String::new(),
        }
    }

    /// Verifies the next record.
    ///
    /// # Errors
    /// [`InvalidRecord`]; the verification cannot continue then.
    pub fn step(&mut self, row: &LedgerRow) -> Result<(), InvalidRecord> {
        self.check_sequence(row.sequence)?;
        let content_hash = chain::content_hash(&row.entry, &row.phase, &row.body);
        if row.hash != chain::hash(&self.last_hash, row.sequence, &content_hash) {
            return Err(InvalidRecord { sequence: row.sequence, error: ChainError::BrokenLink });
        }
        if row.phase == checkpoint::PHASE {
            self.check_checkpoint(row)?;
        }
        self.advance(row.sequence, row.hash.clone())
    }

    /// Verifies the next record when only its content hash is known.
    pub(crate) fn step_omitted(&mut self, sequence: i64, content_hash: &str) -> Result<(), InvalidRecord> {
        self.check_sequence(sequence)?;
        self.advance(sequence, chain::hash(&self.last_hash, sequence, content_hash))
    }

    /// Finishes the verification of a whole ledger.
    ///
    /// # Errors
    /// [`InvalidRecord`] if the end is cut off or too many records are not signed.
    pub fn finish(self) -> Result<Verified, InvalidRecord> {
        if let Some(latest) = self.latest.filter(|latest| latest.sequence() > self.last_sequence) {
            let error = ChainError::Truncated { checkpoint: latest.sequence(), time: latest.time().to_owned() };
            return Err(InvalidRecord { sequence: self.last_sequence + 1, error });
        }
        let unsigned = self.last_sequence - self.signed_through;
        if unsigned >= MAX_RECORDS_PER_CHECKPOINT {
            return Err(InvalidRecord { sequence: self.signed_through + 1, error: ChainError::MissingCheckpoint });
        }
        Ok(Verified {
            records: self.last_sequence - self.first + 1,
            first: self.first,
            unsigned,
            signed_at: self.signed_at,
            last_hash: self.last_hash,
        })
    }

    /// Finishes the verification of an export, which must end with a checkpoint.
    pub(crate) fn finish_export(self) -> Result<Verified, InvalidRecord> {
        if self.last_sequence > self.signed_through {
            return Err(InvalidRecord { sequence: self.signed_through + 1, error: ChainError::TruncatedExport });
        }
        self.finish()
    }

    fn check_sequence(&self, sequence: i64) -> Result<(), InvalidRecord> {
        let expected = self.last_sequence + 1;
        if sequence == expected {
            Ok(())
        } else {
            Err(InvalidRecord { sequence: expected, error: ChainError::Missing })
        }
    }

    fn check_checkpoint(&mut self, row: &LedgerRow) -> Result<(), InvalidRecord> {
        let invalid = |sequence, error| Err(InvalidRecord { sequence, error });
        let Some(checkpoint) = Checkpoint::from_row(row) else {
            return invalid(row.sequence, ChainError::InvalidCheckpoint);
        };
        if !checkpoint.names_key(self.keys.as_deref()) {
            return invalid(row.sequence, ChainError::UntrustedKey { key: checkpoint.key });
        }
        let mismatch = ChainError::InvalidSignature { checkpoint: row.sequence };
        if !checkpoint.has_valid_signature(&self.last_hash, row.sequence) {
            return invalid(self.signed_through + 1, mismatch);
        }
        // a checkpoint from before the last removal may name an older first record, but none may name a later one
        let names_later_start = checkpoint.first > self.first;
        let names_other_base = checkpoint.first == self.first && checkpoint.base_hash != self.base_hash;
        if names_later_start || names_other_base {
            return invalid(self.first, mismatch);
        }
        if let (Some(keys), Some(next)) = (&mut self.keys, checkpoint.next) {
            keys.extend(PublicKey::from_hex(&next.key));
        }
        self.signed_through = row.sequence;
        self.signed_at = checkpoint.time;
        Ok(())
    }

    fn advance(&mut self, sequence: i64, hash: String) -> Result<(), InvalidRecord> {
        if self.latest.is_some_and(|latest| latest.sequence() == sequence && latest.hash() != hash) {
            let sequence = self.signed_through.min(sequence - 1) + 1;
            return Err(InvalidRecord { sequence, error: ChainError::CheckpointMismatch });
        }
        self.last_sequence = sequence;
        self.last_hash = hash;
        Ok(())
    }
}
