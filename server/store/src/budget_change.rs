//! Completed changes that budgets count. The crate `policy` defines what they mean.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::{Error, Store};

/// One change that counts against budgets.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetChangeRow {
    /// Its entry in the ledger.
    pub entry: String,
    /// Key of the caller.
    pub caller: String,
    /// Controller and model.
    pub target: String,
    /// Time of the change, in microseconds since 1970.
    pub created_at: i64,
    /// Units that it added.
    pub units: i64,
    /// Machines that it added.
    pub machines: i64,
    /// What it added to the monthly bill, in hundredths of the currency.
    pub cost: i64,
}

impl FromRow<'_, SqliteRow> for BudgetChangeRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            entry: row.try_get("entry")?,
            caller: row.try_get("caller")?,
            target: row.try_get("target")?,
            created_at: row.try_get("created_at")?,
            units: row.try_get("units")?,
            machines: row.try_get("machines")?,
            cost: row.try_get("cost")?,
        })
    }
}

impl Store {
    /// Adds a change that is about to run, and removes those from before `since`, in microseconds since 1970. Returns when the disk
    /// has it.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::ReadOnly`] or [`Error::Failed`]; then the act must not run.
    pub async fn add_budget_change(&self, row: &BudgetChangeRow, since: i64) -> Result<(), Error> {
        let mut transaction = self.durable_writer.begin().await?;
        sqlx::query("delete from budget_change where created_at < ?").bind(since).execute(&mut *transaction).await?;
        sqlx::query(
            "insert into budget_change (entry, caller, target, created_at, units, machines, cost) values (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(&row.entry)
        .bind(&row.caller)
        .bind(&row.target)
        .bind(row.created_at)
        .bind(row.units)
        .bind(row.machines)
        .bind(row.cost)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Removes the change of an entry, because it had no effect. Returns when the disk has it.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::ReadOnly`] or [`Error::Failed`]; then the change still counts.
    pub async fn remove_budget_change(&self, entry: &str) -> Result<(), Error> {
        let query = sqlx::query("delete from budget_change where entry = ?").bind(entry);
        query.execute(&self.durable_writer).await?;
        Ok(())
    }

    /// Returns the changes from a time on, in microseconds since 1970, the oldest first.
    ///
    /// # Errors
    /// [`Error::Failed`]; then the rest of each budget is unknown.
    pub async fn budget_changes_since(&self, since: i64) -> Result<Vec<BudgetChangeRow>, Error> {
        let query = sqlx::query_as("select * from budget_change where created_at >= ? order by created_at");
        Ok(query.bind(since).fetch_all(&self.reader).await?)
    }
}
