//! Idempotency keys: what a caller's key stood for, and how that act ended.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::{Error, Store};

const CLAIM: &str = "select digest, act, outcome from idempotency_key where caller = ? and key = ?";

/// The act that has a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Digest of that act.
    pub digest: String,
    /// Its entry in the ledger.
    pub act: String,
    /// How it ended, JSON; `None` where the end is not known.
    pub outcome: Option<String>,
}

impl FromRow<'_, SqliteRow> for Claim {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { digest: row.try_get("digest")?, act: row.try_get("act")?, outcome: row.try_get("outcome")? })
    }
}

impl Store {
    /// Claims `key` of `caller` for one act, before it is done: `None` where it was free and now stands for this act, else the act
    /// that has it.
    ///
    /// # Errors
    /// [`Error::Failed`]; then the act must not be done.
    pub async fn claim_key(
        &self,
        caller: &str,
        key: &str,
        digest: &str,
        act: &str,
        now: i64,
    ) -> Result<Option<Claim>, Error> {
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
            return Ok(None);
        }
        Ok(Some(sqlx::query_as(CLAIM).bind(caller).bind(key).fetch_one(&self.writer).await?))
    }

    /// The act that has `key` of `caller`; `None` where it is free.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn key(&self, caller: &str, key: &str) -> Result<Option<Claim>, Error> {
        Ok(sqlx::query_as(CLAIM).bind(caller).bind(key).fetch_optional(&self.writer).await?)
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
