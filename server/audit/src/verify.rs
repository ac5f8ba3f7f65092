//! Verifies a whole ledger: hash chain, signatures, and that its end is not older than the latest checkpoint.

use store::Store;

use crate::{
    Error, PublicKey,
    chain_verifier::{ChainVerifier, Verified},
    checkpoint::Checkpoint,
    checkpoint_file::LatestCheckpoint,
};

/// Rows that one query reads.
const PAGE: i64 = 1000;
/// Checkpoints that are searched for one that names the first record; the verification finds an invalid one.
const RECENT_CHECKPOINTS: i64 = 5;

/// Verifies the whole chain with the trusted keys and the latest checkpoint from outside the store.
///
/// # Errors
/// [`Error::Store`] if the store cannot be read, [`Error::InvalidRecord`] at the first invalid record.
pub async fn verify(store: &Store, keys: &[PublicKey], latest: Option<&LatestCheckpoint>) -> Result<Verified, Error> {
    let mut start = find_start(store).await?;
    loop {
        let (first, base_hash) = start.clone();
        // a record before the first one is an insertion, so the verification starts with the oldest row of the store
        let result = verify_rows(ChainVerifier::new(Some(keys), latest, first, base_hash), store, i64::MIN).await;
        if result.is_ok() {
            return result;
        }
        // a running server may have removed old records meanwhile, and states that in a new checkpoint
        let current = find_start(store).await?;
        if current == start {
            return result;
        }
        start = current;
    }
}

/// The oldest record and the hash before it, as the newest valid checkpoint states them.
async fn find_start(store: &Store) -> Result<(i64, String), Error> {
    let rows = store.ledger_checkpoints(RECENT_CHECKPOINTS).await?;
    Ok(start_from(rows.iter().find_map(Checkpoint::from_row)))
}

fn start_from(checkpoint: Option<Checkpoint>) -> (i64, String) {
    checkpoint.map_or((1, String::new()), |checkpoint| (checkpoint.first, checkpoint.base_hash))
}

/// Verifies only the end of a ledger, from its last checkpoint on, with any key: fast whatever the length of the ledger.
pub(crate) async fn verify_end(store: &Store, latest: Option<&LatestCheckpoint>) -> Result<ChainEnd, Error> {
    let last_checkpoint = store.ledger_checkpoints(1).await?.pop();
    let from = last_checkpoint.as_ref().map_or(1, |row| row.sequence);
    let previous = store.ledger_from(from - 1, 1).await?.into_iter().find(|row| row.sequence == from - 1);
    let (first, base_hash) = start_from(last_checkpoint.as_ref().and_then(Checkpoint::from_row));
    let previous_hash = previous.map_or_else(|| base_hash.clone(), |row| row.hash);
    let verified = verify_rows(ChainVerifier::new(None, latest, from, previous_hash), store, from).await?;
    Ok(ChainEnd {
        sequence: from + verified.records - 1,
        hash: verified.last_hash,
        first,
        base_hash,
        unsigned: verified.unsigned,
    })
}

async fn verify_rows(mut verifier: ChainVerifier<'_>, store: &Store, from: i64) -> Result<Verified, Error> {
    let mut next = from;
    loop {
        let rows = store.ledger_from(next, PAGE).await?;
        let Some(last) = rows.last() else { break };
        next = last.sequence.saturating_add(1);
        for row in &rows {
            verifier.step(row).map_err(Error::InvalidRecord)?;
        }
    }
    verifier.finish().map_err(Error::InvalidRecord)
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
