//! Checks a whole ledger: chain, signatures, and that its end is not older than the newest head that is kept.

use store::Store;

use crate::{
    Error, PublicKey,
    head::Head,
    newest::Newest,
    walk::{Verified, Walk},
};

const PAGE: i64 = 1000;
/// So many heads are looked at for one that tells where the ledger begins; a damaged one is found by the walk.
const HEADS: i64 = 5;

/// Walks the whole chain, with the keys that may have signed it and the newest head that was kept apart from it.
///
/// # Errors
/// [`Error::Store`] where the store cannot be read, [`Error::Broken`] at the first record that does not hold.
pub async fn verify(store: &Store, keys: &[PublicKey], newest: Option<&Newest>) -> Result<Verified, Error> {
    let mut beginning = beginning(store).await?;
    loop {
        let (first, base) = beginning.clone();
        // a record that stands before the first one was put there, so the walk begins with whatever is oldest
        let walked = walk_all(Walk::new(Some(keys), newest, first, base), store, i64::MIN).await;
        if walked.is_ok() {
            return walked;
        }
        // a running server may have removed old records under the walk, and says so in a new head
        let now = self::beginning(store).await?;
        if now == beginning {
            return walked;
        }
        beginning = now;
    }
}

/// The oldest record and the hash before it, as the newest readable head says.
async fn beginning(store: &Store) -> Result<(i64, String), Error> {
    let heads = store.ledger_heads(HEADS).await?;
    Ok(heads.iter().find_map(Head::read).map_or((1, String::new()), |head| (head.first, head.base)))
}

/// The same for the end of a ledger alone, from its last head on, whoever has signed that: quick, whatever its length.
pub(crate) async fn verify_end(store: &Store, newest: Option<&Newest>) -> Result<End, Error> {
    let last_head = store.ledger_heads(1).await?.pop();
    let from = last_head.as_ref().map_or(1, |row| row.sequence);
    let before = store.ledger_from(from - 1, 1).await?.into_iter().find(|row| row.sequence == from - 1);
    let head = last_head.as_ref().and_then(Head::read);
    let (first, base) = head.map_or((1, String::new()), |head| (head.first, head.base));
    let walk = Walk::new(None, newest, from, before.map_or_else(|| base.clone(), |row| row.hash));
    let verified = walk_all(walk, store, from).await?;
    Ok(End { sequence: from + verified.records - 1, hash: verified.head, first, base, unsigned: verified.unsigned })
}

async fn walk_all(mut walk: Walk<'_>, store: &Store, from: i64) -> Result<Verified, Error> {
    let mut next = from;
    loop {
        let rows = store.ledger_from(next, PAGE).await?;
        let Some(last) = rows.last() else { break };
        next = last.sequence.saturating_add(1);
        for row in &rows {
            walk.step(row).map_err(Error::Broken)?;
        }
    }
    walk.end().map_err(Error::Broken)
}

/// Where a ledger ends.
#[derive(Debug)]
pub(crate) struct End {
    /// The last record, 0 where there is none.
    pub(crate) sequence: i64,
    /// Its hash.
    pub(crate) hash: String,
    /// The oldest record that is kept.
    pub(crate) first: i64,
    /// Hash of the record before it.
    pub(crate) base: String,
    /// How many records no head has signed.
    pub(crate) unsigned: i64,
}
