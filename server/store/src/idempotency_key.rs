//! Idempotency keys: the act of a caller's key, and its outcome.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::{Error, Store};

const SELECT: &str = "select digest, entry, outcome from idempotency_key where caller = ? and key = ?";

/// The act that has claimed an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyClaim {
    /// Digest of the act.
    pub digest: String,
    /// Its entry in the ledger.
    pub entry: String,
    /// Its outcome, JSON; `None` if the outcome is not known.
    pub outcome: Option<String>,
}

impl FromRow<'_, SqliteRow> for KeyClaim {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self { digest: row.try_get("digest")?, entry: row.try_get("entry")?, outcome: row.try_get("outcome")? })
    }
}

impl Store {
    /// Claims `key` of `caller` for an act before it runs. Returns `None` if the key was free, otherwise the act that has it.
    ///
    /// # Errors
    /// [`Error::Failed`]; then the act must not run.
    pub async fn claim_key(
        &self,
        caller: &str,
        key: &str,
        digest: &str,
        entry: &str,
        now: i64,
    ) -> Result<Option<KeyClaim>, Error> {
        let inserted = sqlx::query(
            "insert into idempotency_key (caller, key, digest, entry, created_at) values (?, ?, ?, ?, ?) \
             on conflict do nothing",
        )
        .bind(caller)
        .bind(key)
        .bind(digest)
        .bind(entry)
        .bind(now)
        // durable: a key that a power cut erased would let the act run twice
        .execute(&self.durable_writer)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(None);
        }
        Ok(Some(sqlx::query_as(SELECT).bind(caller).bind(key).fetch_one(&self.writer).await?))
    }

    /// Returns the act that has `key` of `caller`; `None` if the key is free.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn find_key(&self, caller: &str, key: &str) -> Result<Option<KeyClaim>, Error> {
        Ok(sqlx::query_as(SELECT).bind(caller).bind(key).fetch_optional(&self.writer).await?)
    }

    /// Stores the outcome of the act that has claimed a key.
    ///
    /// # Errors
    /// [`Error::Failed`]; a repeated call then receives the answer that the outcome is not known.
    pub async fn complete_key(&self, caller: &str, key: &str, outcome: &str) -> Result<(), Error> {
        sqlx::query("update idempotency_key set outcome = ? where caller = ? and key = ?")
            .bind(outcome)
            .bind(caller)
            .bind(key)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
