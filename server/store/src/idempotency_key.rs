//! Idempotency keys: the act of a caller's key, and its outcome.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::{Error, Store};

const SELECT: &str =
    "select digest, entry, outcome from idempotency_key where caller = ? and key = ? and created_at > ?";
/// How long a key identifies its act, in microseconds: 24 hours.
pub const KEY_LIFETIME_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
/// Keys of one caller. A new key beyond them deletes the oldest keys of the caller with an act that has ended.
pub const MAX_KEYS_PER_CALLER: i64 = 10_000;

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
        self.remove_expired_keys(now).await?;
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
            self.remove_surplus_keys(caller).await?;
            return Ok(None);
        }
        let select = sqlx::query_as(SELECT).bind(caller).bind(key).bind(now - KEY_LIFETIME_MICROS);
        Ok(Some(select.fetch_one(&self.writer).await?))
    }

    /// Deletes the keys that are older than [`KEY_LIFETIME_MICROS`], with their outcomes.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn remove_expired_keys(&self, now: i64) -> Result<(), Error> {
        sqlx::query("delete from idempotency_key where created_at <= ?")
            .bind(now - KEY_LIFETIME_MICROS)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn remove_surplus_keys(&self, caller: &str) -> Result<(), Error> {
        sqlx::query(
            "delete from idempotency_key where caller = ?1 and outcome is not null and created_at <= (select created_at \
             from idempotency_key where caller = ?1 order by created_at desc limit 1 offset ?2)",
        )
        .bind(caller)
        .bind(MAX_KEYS_PER_CALLER)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Returns the act that has `key` of `caller`; `None` if the key is free.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn find_key(&self, caller: &str, key: &str, now: i64) -> Result<Option<KeyClaim>, Error> {
        let select = sqlx::query_as(SELECT).bind(caller).bind(key).bind(now - KEY_LIFETIME_MICROS);
        Ok(select.fetch_optional(&self.writer).await?)
    }

    /// Returns the entry and the outcome of each key with an outcome of which the ledger has the act without its end: an earlier process was
    /// killed between the two.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn outcomes_of_open_entries(&self) -> Result<Vec<(String, String)>, Error> {
        let query = sqlx::query_as(
            "select entry, outcome from idempotency_key as used where outcome is not null and not exists \
             (select 1 from ledger as closed where closed.entry = used.entry and closed.phase <> 'checkpoint' \
             and closed.phase = 'close')",
        );
        Ok(query.fetch_all(&self.reader).await?)
    }

    /// Returns caller, key and entry of each key without an outcome.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn keys_without_outcome(&self) -> Result<Vec<(String, String, String)>, Error> {
        let query = sqlx::query_as("select caller, key, entry from idempotency_key where outcome is null");
        Ok(query.fetch_all(&self.reader).await?)
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
