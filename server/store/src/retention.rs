//! Queries for the retention of the ledger: size, age, and the removal of the oldest rows.

use crate::{Error, LedgerRow, Store};

/// Size of the store and of the ledger in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerSize {
    /// Bytes of the database that are in use.
    pub bytes: u64,
    /// Rows of the ledger.
    pub records: i64,
}

impl Store {
    /// Returns the sequence of the first row from this time on, RFC 3339 in UTC; `None` if all rows are older.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_since(&self, time: &str) -> Result<Option<i64>, Error> {
        // rows are ordered by time, so the search ends at the first match
        let query =
            sqlx::query_scalar("select sequence from ledger where body ->> '$.time' >= ? order by sequence limit 1");
        Ok(query.bind(time).fetch_optional(&self.reader).await?)
    }

    /// Returns the sequence of the first open record up to `through` without a close record up to there.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_open_until(&self, through: i64) -> Result<Option<i64>, Error> {
        // `phase <> 'checkpoint'` lets SQLite use the partial index on `entry`
        let query = sqlx::query_scalar(
            "select sequence from ledger as opened where sequence <= ? and phase = 'open' and not exists \
             (select 1 from ledger as closed where closed.entry = opened.entry and closed.phase <> 'checkpoint' \
             and closed.phase = 'close' and closed.sequence <= ?) order by sequence limit 1",
        );
        Ok(query.bind(through).bind(through).fetch_optional(&self.reader).await?)
    }

    /// Returns the size of the store and of its ledger.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_size(&self) -> Result<LedgerSize, Error> {
        let bytes: i64 = sqlx::query_scalar(
            "select (page_count - freelist_count) * page_size from pragma_page_count, pragma_freelist_count, pragma_page_size",
        )
        .fetch_one(&self.writer)
        .await?;
        let records = sqlx::query_scalar("select coalesce(max(sequence) - min(sequence) + 1, 0) from ledger")
            .fetch_one(&self.reader)
            .await?;
        Ok(LedgerSize { bytes: u64::try_from(bytes).unwrap_or(0), records })
    }

    /// Appends a checkpoint and removes all rows up to `through`, both or neither. Returns when the disk has the change.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::ReadOnly`] or [`Error::Failed`]; then nothing is removed.
    pub async fn remove_ledger(&self, through: i64, checkpoint: &LedgerRow) -> Result<(), Error> {
        let mut transaction = self.durable_writer.begin().await?;
        sqlx::query("insert into ledger (sequence, entry, phase, body, hash) values (?, ?, ?, ?, ?)")
            .bind(checkpoint.sequence)
            .bind(&checkpoint.entry)
            .bind(&checkpoint.phase)
            .bind(&checkpoint.body)
            .bind(&checkpoint.hash)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("delete from ledger where sequence <= ?").bind(through).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}
