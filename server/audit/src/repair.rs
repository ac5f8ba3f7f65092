//! Work on a ledger while its server is stopped: changes the key, and writes a lost checkpoint file again.

use std::path::Path;

use store::{LedgerRow, Store};

use crate::{
    Error, LatestCheckpoint, Ledger, LedgerConfig, PublicKey, Signer, Verified,
    checkpoint::{self, Checkpoint},
    record::now,
    verify::{verify, verify_checkpoints, verify_end},
};

/// Appends a checkpoint in which the old key and the next key sign each other. The caller then replaces the key file; until it does,
/// the old key stays valid.
///
/// # Errors
/// As [`Ledger::open`]; [`Error::Export`] if the checkpoint file cannot be written.
pub async fn rotate_key(store: Store, config: LedgerConfig, old: &Signer, next: &Signer) -> Result<(), Error> {
    let checkpoint_file = config.checkpoint_file.clone();
    let ledger = Ledger::open(store.clone(), config).await?;
    ledger.shutdown().await?;
    drop(ledger);
    let end = verify_end(&store, None).await?;
    let row = Checkpoint::sign_rotation(old, next, &end, now());
    store.append_ledger(std::slice::from_ref(&row), true).await?;
    write_checkpoint_file(&checkpoint_file, &end.hash, &row)
}

/// Verifies a ledger with its key and with checkpoints that were stored elsewhere, and writes the file of its last checkpoint.
///
/// Without such checkpoints it cannot be known whether the end of the ledger was cut off together with the file.
///
/// # Errors
/// [`Error::Store`], [`Error::InvalidRecord`]; [`Error::Export`] if the file cannot be written.
pub async fn rebuild_checkpoint_file(
    store: &Store,
    keys: &[PublicKey],
    elsewhere: &[LatestCheckpoint],
    file: &Path,
) -> Result<Verified, Error> {
    let verified = verify(store, keys, None).await?;
    verify_checkpoints(store, elsewhere).await?;
    if let Some(row) = store.ledger_checkpoints(1).await?.pop() {
        let before =
            store.ledger_from(row.sequence - 1, 1).await?.into_iter().find(|before| before.sequence < row.sequence);
        let base_hash = || Checkpoint::from_row(&row).map(|checkpoint| checkpoint.base_hash).unwrap_or_default();
        write_checkpoint_file(file, &before.map_or_else(base_hash, |before| before.hash), &row)?;
    }
    Ok(verified)
}

fn write_checkpoint_file(file: &Path, previous: &str, row: &LedgerRow) -> Result<(), Error> {
    debug_assert_eq!(row.phase, checkpoint::PHASE);
    let text = LatestCheckpoint::to_text(previous, row).unwrap_or_default();
    private_file::replace(file, text.as_bytes()).map_err(Error::Export)
}
