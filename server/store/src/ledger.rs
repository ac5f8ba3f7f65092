//! Rows of the ledger. The crate `audit` defines their contents and hashes.

use sqlx::{FromRow, QueryBuilder, Row, sqlite::SqliteRow};

use crate::{Error, Store};

/// One row: the open or close record of an entry, or a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Position in the chain, from 1.
    pub sequence: i64,
    /// Id of the entry, the same in its open and close record; empty for a checkpoint.
    pub entry: String,
    /// `open`, `close` or `checkpoint`.
    pub phase: String,
    /// JSON, exactly the hashed bytes.
    pub body: String,
    /// Hash over the previous row and this one, hexadecimal.
    pub hash: String,
}

impl FromRow<'_, SqliteRow> for LedgerRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            sequence: row.try_get("sequence")?,
            entry: row.try_get("entry")?,
            phase: row.try_get("phase")?,
            body: row.try_get("body")?,
            hash: row.try_get("hash")?,
        })
    }
}

impl Store {
    /// Appends rows, all or none. If `durable`, returns only when the disk has them.
    ///
    /// # Errors
    /// [`Error::Failed`]; then the store has none of the rows.
    pub async fn append_ledger(&self, rows: &[LedgerRow], durable: bool) -> Result<(), Error> {
        // one statement is one transaction, and one message to SQLite's thread
        let mut insert = QueryBuilder::new("insert into ledger (sequence, entry, phase, body, hash) ");
        insert.push_values(rows, |mut values, row| {
            values
                .push_bind(row.sequence)
                .push_bind(&row.entry)
                .push_bind(&row.phase)
                .push_bind(&row.body)
                .push_bind(&row.hash);
        });
        let executed = insert.build().execute(if durable { &self.durable_writer } else { &self.writer }).await;
        executed.map_err(|cause| Error::of_statement(cause, &self.file))?;
        if let Some(checkpointer) = &self.wal_checkpointer {
            checkpointer.count(rows.len());
        }
        Ok(())
    }

    /// Returns the last row; `None` if the ledger is empty.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn last_ledger_row(&self) -> Result<Option<LedgerRow>, Error> {
        let query = sqlx::query_as("select * from ledger order by sequence desc limit 1");
        Ok(query.fetch_optional(&self.writer).await?)
    }

    /// Returns up to `limit` rows from `sequence` on, in order.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_from(&self, sequence: i64, limit: i64) -> Result<Vec<LedgerRow>, Error> {
        let query = sqlx::query_as("select * from ledger where sequence >= ? order by sequence limit ?");
        Ok(query.bind(sequence).bind(limit).fetch_all(&self.reader).await?)
    }

    /// Returns up to `limit` checkpoints, the newest first.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_checkpoints(&self, limit: i64) -> Result<Vec<LedgerRow>, Error> {
        let query = sqlx::query_as("select * from ledger where phase = 'checkpoint' order by sequence desc limit ?");
        Ok(query.bind(limit).fetch_all(&self.reader).await?)
    }

    /// Returns the checkpoints in which the key was changed, in order.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_key_rotations(&self) -> Result<Vec<LedgerRow>, Error> {
        let query = sqlx::query_as(
            "select * from ledger where phase = 'checkpoint' and body like '%\"next\":%' order by sequence",
        );
        Ok(query.fetch_all(&self.reader).await?)
    }

    /// Returns up to `limit` open records before `sequence` that changed something or were meant to, the newest first. Dry runs are
    /// among them.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_changes_before(&self, sequence: i64, limit: i64) -> Result<Vec<LedgerRow>, Error> {
        // the condition is that of the index `ledger_changes`
        let query = sqlx::query_as(
            "select * from ledger where phase = 'open' and case when json_valid(body) then \
             body ->> '$.operation.effect' in ('write', 'destructive') \
             or body ->> '$.event' in ('policy_reloaded', 'approval_decided') end and sequence < ? \
             order by sequence desc limit ?",
        );
        Ok(query.bind(sequence).bind(limit).fetch_all(&self.reader).await?)
    }

    /// Returns the close record of an entry; `None` if the entry is open.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_close(&self, entry: &str) -> Result<Option<LedgerRow>, Error> {
        // `phase <> 'checkpoint'` lets SQLite use the partial index on `entry`
        let query = sqlx::query_as(
            "select * from ledger where entry = ? and phase <> 'checkpoint' and phase = 'close' limit 1",
        );
        Ok(query.bind(entry).fetch_optional(&self.reader).await?)
    }

    /// Returns open records without a close record, in order: an earlier process stopped before it closed them.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_unclosed(&self) -> Result<Vec<LedgerRow>, Error> {
        // `phase <> 'checkpoint'` lets SQLite use the partial index on `entry`
        let query = sqlx::query_as(
            "select * from ledger as opened where phase = 'open' and not exists \
             (select 1 from ledger as closed where closed.entry = opened.entry and closed.phase <> 'checkpoint' \
             and closed.phase = 'close') order by sequence",
        );
        Ok(query.fetch_all(&self.reader).await?)
    }
}
