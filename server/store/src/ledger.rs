//! Rows of the ledger. What they mean, and their hashes, is the business of `audit`.

use sqlx::{FromRow, QueryBuilder, Row, sqlite::SqliteRow};

use crate::{Error, Store};

/// One row: the beginning or the end of an act, or a signed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Place in the chain, from 1.
    pub sequence: i64,
    /// Joins a beginning to its end; empty for a head.
    pub act: String,
    /// `open`, `close` or `head`.
    pub phase: String,
    /// JSON, as hashed.
    pub body: String,
    /// Hash of the row before and of this one, hexadecimal.
    pub hash: String,
}

impl FromRow<'_, SqliteRow> for LedgerRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            sequence: row.try_get("sequence")?,
            act: row.try_get("act")?,
            phase: row.try_get("phase")?,
            body: row.try_get("body")?,
            hash: row.try_get("hash")?,
        })
    }
}

impl Store {
    /// Appends rows, all or none. Where `durable`, returns only when the disk has them.
    ///
    /// # Errors
    /// [`Error::Failed`]; then none of the rows is kept.
    pub async fn append_ledger(&self, rows: &[LedgerRow], durable: bool) -> Result<(), Error> {
        // one statement is one transaction, and one trip to the thread that SQLite works on
        let mut insert = QueryBuilder::new("insert into ledger (sequence, act, phase, body, hash) ");
        insert.push_values(rows, |mut row_of, row| {
            row_of
                .push_bind(row.sequence)
                .push_bind(&row.act)
                .push_bind(&row.phase)
                .push_bind(&row.body)
                .push_bind(&row.hash);
        });
        insert.build().execute(if durable { &self.durable_writer } else { &self.writer }).await?;
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.count(rows.len());
        }
        Ok(())
    }

    /// The last row, if there is any.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_head(&self) -> Result<Option<LedgerRow>, Error> {
        let query = sqlx::query_as("select * from ledger order by sequence desc limit 1");
        Ok(query.fetch_optional(&self.writer).await?)
    }

    /// Up to `limit` rows from `sequence` on, in order.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_from(&self, sequence: i64, limit: i64) -> Result<Vec<LedgerRow>, Error> {
        let query = sqlx::query_as("select * from ledger where sequence >= ? order by sequence limit ?");
        Ok(query.bind(sequence).bind(limit).fetch_all(&self.reader).await?)
    }

    /// The newest signed heads, newest first.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_heads(&self, limit: i64) -> Result<Vec<LedgerRow>, Error> {
        let query = sqlx::query_as("select * from ledger where phase = 'head' order by sequence desc limit ?");
        Ok(query.bind(limit).fetch_all(&self.reader).await?)
    }

    /// Beginnings without an end, in order: what an earlier process left behind.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn ledger_unclosed(&self) -> Result<Vec<LedgerRow>, Error> {
        let query = sqlx::query_as(
            "select * from ledger as begun where phase = 'open' and not exists \
             (select 1 from ledger as ended where ended.act = begun.act and ended.phase <> 'head' and ended.phase = 'close') \
             order by sequence",
        );
        Ok(query.fetch_all(&self.reader).await?)
    }
}
