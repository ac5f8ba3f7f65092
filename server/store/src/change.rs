//! Acts that were done, as far as budgets count them. What they mean is the business of `policy`.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::{Error, Store};

/// One act that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRow {
    /// Its entry in the ledger.
    pub act: String,
    /// Who did it, as one text.
    pub caller: String,
    /// Controller and model.
    pub place: String,
    /// When, in microseconds since 1970.
    pub made: i64,
    /// Units that it added.
    pub units: f64,
    /// Machines or nodes that it added.
    pub machines: f64,
}

impl FromRow<'_, SqliteRow> for ChangeRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            act: row.try_get("act")?,
            caller: row.try_get("caller")?,
            place: row.try_get("place")?,
            made: row.try_get("made")?,
            units: row.try_get("units")?,
            machines: row.try_get("machines")?,
        })
    }
}

impl Store {
    /// Keeps an act that is about to be done, and forgets those from before `since`, in microseconds since 1970. The disk has it
    /// when this returns.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::ReadOnly`] or [`Error::Failed`]; then the act must not be done.
    pub async fn add_change(&self, row: &ChangeRow, since: i64) -> Result<(), Error> {
        let mut transaction = self.durable_writer.begin().await?;
        sqlx::query("delete from change where made < ?").bind(since).execute(&mut *transaction).await?;
        sqlx::query("insert into change (act, caller, place, made, units, machines) values (?, ?, ?, ?, ?, ?)")
            .bind(&row.act)
            .bind(&row.caller)
            .bind(&row.place)
            .bind(row.made)
            .bind(row.units)
            .bind(row.machines)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Acts that were done since a moment, in microseconds since 1970, the oldest first.
    ///
    /// # Errors
    /// [`Error::Failed`]; then nobody knows what is left of any budget.
    pub async fn changes_since(&self, since: i64) -> Result<Vec<ChangeRow>, Error> {
        let query = sqlx::query_as("select * from change where made >= ? order by made");
        Ok(query.bind(since).fetch_all(&self.reader).await?)
    }
}
