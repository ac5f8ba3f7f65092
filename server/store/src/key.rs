//! Idempotency keys: what a caller's key stood for, and how that act ended.

use sqlx::Row;

use crate::{Error, Store};

/// What a key says when it is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It was free, and now stands for this act.
    Taken,
    /// It stands for an act that was begun before.
    Known {
        /// Digest of that act.
        digest: String,
        /// Its entry in the ledger.
        act: String,
        /// How it ended, JSON; `None` where the end is not known.
        outcome: Option<String>,
    },
}

impl Store {
    /// Claims `key` of `caller` for one act, before it is done.
    ///
    /// # Errors
    /// [`Error::Failed`]; then the act must not be done.
    pub async fn claim_key(&self, caller: &str, key: &str, digest: &str, act: &str, now: i64) -> Result<Claim, Error> {
        let taken = sqlx::query(
            "insert into idempotency_key (caller, key, digest, act, made) values (?, ?, ?, ?, ?) on conflict do nothing",
        )
        .bind(caller)
        .bind(key)
        .bind(digest)
        .bind(act)
        .bind(now)
        // a key that a power cut forgot would let the act be done twice
        .execute(&self.durable_writer)
        .await?;
        if taken.rows_affected() == 1 {
            return Ok(Claim::Taken);
        }
        let row = sqlx::query("select digest, act, outcome from idempotency_key where caller = ? and key = ?")
            .bind(caller)
            .bind(key)
            .fetch_one(&self.writer)
            .await?;
        Ok(Claim::Known { digest: row.try_get("digest")?, act: row.try_get("act")?, outcome: row.try_get("outcome")? })
    }

    /// What `key` of `caller` stands for, without claiming it.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn key(&self, caller: &str, key: &str) -> Result<Option<Claim>, Error> {
        let query = sqlx::query("select digest, act, outcome from idempotency_key where caller = ? and key = ?");
        let Some(row) = query.bind(caller).bind(key).fetch_optional(&self.writer).await? else { return Ok(None) };
        Ok(Some(Claim::Known {
            digest: row.try_get("digest")?,
            act: row.try_get("act")?,
            outcome: row.try_get("outcome")?,
        }))
    }

    /// Keeps how the act of a claimed key ended.
    ///
    /// # Errors
    /// [`Error::Failed`]; a repeated call will then be told that the end is not known.
    pub async fn settle_key(&self, caller: &str, key: &str, outcome: &str) -> Result<(), Error> {
        sqlx::query("update idempotency_key set outcome = ? where caller = ? and key = ?")
            .bind(outcome)
            .bind(caller)
            .bind(key)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
