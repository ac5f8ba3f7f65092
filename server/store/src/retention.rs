//! Removes the oldest rows of the ledger, and finds out how many are to go.

use crate::{Error, LedgerRow, Store};

impl Store {
    /// Sequence of the first row that was written at this time or later, RFC 3339 in UTC; `None` where all are older.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_since(&self, time: &str) -> Result<Option<i64>, Error> {
        // rows stand in the order in which they were written, so the search ends at the first young one
        let query =
            sqlx::query_scalar("select sequence from ledger where body ->> '$.time' >= ? order by sequence limit 1");
        Ok(query.bind(time).fetch_optional(&self.reader).await?)
    }

    /// Sequence of the first beginning up to `through` whose act has not ended by then.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_open_until(&self, through: i64) -> Result<Option<i64>, Error> {
        let query = sqlx::query_scalar(
            "select sequence from ledger as begun where sequence <= ? and phase = 'open' and not exists \
             (select 1 from ledger as ended where ended.act = begun.act and ended.phase <> 'head' \
             and ended.phase = 'close' and ended.sequence <= ?) order by sequence limit 1",
        );
        Ok(query.bind(through).bind(through).fetch_optional(&self.reader).await?)
    }

    /// Bytes of the store that hold something, and how many rows the ledger has.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_size(&self) -> Result<(u64, i64), Error> {
        let bytes: i64 = sqlx::query_scalar(
            "select (page_count - freelist_count) * page_size from pragma_page_count, pragma_freelist_count, pragma_page_size",
        )
        .fetch_one(&self.writer)
        .await?;
        let rows = sqlx::query_scalar("select coalesce(max(sequence) - min(sequence) + 1, 0) from ledger")
            .fetch_one(&self.reader);
        Ok((u64::try_from(bytes).unwrap_or(0), rows.await?))
    }

    /// Appends the head that says so and removes all rows up to `through`, both or neither, on the disk when it returns.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::ReadOnly`] or [`Error::Failed`]; then nothing is removed.
    pub async fn remove_ledger(&self, through: i64, head: &LedgerRow) -> Result<(), Error> {
        let mut transaction = self.durable_writer.begin().await?;
        sqlx::query("insert into ledger (sequence, act, phase, body, hash) values (?, ?, ?, ?, ?)")
            .bind(head.sequence)
            .bind(&head.act)
            .bind(&head.phase)
            .bind(&head.body)
            .bind(&head.hash)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("delete from ledger where sequence <= ?").bind(through).execute(&mut *transaction).await?;
        Ok(transaction.commit().await?)
    }
}
