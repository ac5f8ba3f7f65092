//! Verifies a whole ledger: hash chain, signatures, and that its end is not older than the latest checkpoint.

use store::Store;

use crate::{
    Error, PublicKey,
    chain::ChainEnd,
    chain_verifier::{ChainError, ChainVerifier, InvalidRecord, Verified},
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
    let keys = linked_keys(store, keys).await?;
    let mut start = find_start(store).await?;
    loop {
        let (first, base_hash) = start.clone();
        // a record before the first one is an insertion, so the verification starts with the oldest row of the store
        let result = verify_rows(ChainVerifier::new(Some(&keys), latest, first, base_hash), store, i64::MIN).await;
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

/// Verifies that a ledger contains each of these checkpoints, which were stored outside it. Those of records that the retention has
/// removed prove nothing any more.
///
/// # Errors
/// [`Error::Store`], or [`Error::InvalidRecord`] for the first checkpoint that the ledger lacks.
pub async fn verify_checkpoints(store: &Store, checkpoints: &[LatestCheckpoint]) -> Result<(), Error> {
    let (first, _) = find_start(store).await?;
    let last = store.last_ledger_row().await?.map_or(0, |row| row.sequence);
    for checkpoint in checkpoints.iter().filter(|checkpoint| checkpoint.sequence() >= first) {
        let sequence = checkpoint.sequence();
        let row = store.ledger_from(sequence, 1).await?.into_iter().find(|row| row.sequence == sequence);
        let error = match row {
            Some(row) if row.hash == checkpoint.hash() => continue,
            Some(_) => InvalidRecord { sequence, error: ChainError::CheckpointMismatch },
            None => {
                let error = ChainError::Truncated { checkpoint: sequence, time: checkpoint.time().to_owned() };
                InvalidRecord { sequence: last.min(sequence - 1) + 1, error }
            }
        };
        return Err(Error::InvalidRecord(error));
    }
    Ok(())
}

/// These keys, and those that a change of the key links to one of them, whether it is older or newer.
async fn linked_keys(store: &Store, keys: &[PublicKey]) -> Result<Vec<PublicKey>, Error> {
    let mut keys = keys.to_vec();
    let rows = store.ledger_key_rotations().await?;
    let mut rotations = Vec::new();
    for row in rows {
        let previous = store.ledger_from(row.sequence - 1, 1).await?;
        let Some(previous) = previous.into_iter().find(|previous| previous.sequence == row.sequence - 1) else {
            continue;
        };
        rotations.extend(
            Checkpoint::from_row(&row)
                .filter(|checkpoint| checkpoint.has_valid_signature(&previous.hash, row.sequence)),
        );
    }
    // both signatures are valid, so trust in one of the two keys extends to the other
    while let Some(index) = rotations.iter().position(|rotation| keys.iter().any(|key| rotation.is_of(key))) {
        let rotation = rotations.swap_remove(index);
        let pair = [Some(rotation.key), rotation.next.map(|next| next.key)];
        keys.extend(pair.into_iter().flatten().filter_map(|key| PublicKey::from_hex(&key)));
    }
    Ok(keys)
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
