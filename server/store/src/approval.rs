//! Rows of approvals. What they mean is the business of `policy`; here is only that each step is taken once.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::{Error, Store};

/// How long an approval that has ended is kept, in microseconds; the ledger keeps its own record.
const KEPT: i64 = 30 * 24 * 3600 * 1_000_000;

/// One row; times in microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRow {
    /// UUID, ordered by time.
    pub id: String,
    /// Who asked, as one text.
    pub asker: String,
    /// Digest of the act.
    pub digest: String,
    /// Fingerprint of the target's state when it was shown.
    pub state: String,
    /// JSON, as it is shown.
    pub question: String,
    /// `pending`, `approved`, `rejected`, `used` or `expired`.
    pub status: String,
    /// When it was asked.
    pub made: i64,
    /// When it ends.
    pub expires: i64,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<i64>,
    /// Why.
    pub reason: String,
    /// Entry in the ledger of the call that asked.
    pub asked_in: String,
    /// Entry in the ledger of the act for which it was used.
    pub used_in: Option<String>,
}

impl FromRow<'_, SqliteRow> for ApprovalRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            asker: row.try_get("asker")?,
            digest: row.try_get("digest")?,
            state: row.try_get("state")?,
            question: row.try_get("question")?,
            status: row.try_get("status")?,
            made: row.try_get("made")?,
            expires: row.try_get("expires")?,
            decided_by: row.try_get("decided_by")?,
            decided_at: row.try_get("decided_at")?,
            reason: row.try_get("reason")?,
            asked_in: row.try_get("asked_in")?,
            used_in: row.try_get("used_in")?,
        })
    }
}

/// What a decision writes.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// `approved` or `rejected`.
    pub status: &'a str,
    /// Who decided.
    pub by: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When, in microseconds since 1970.
    pub now: i64,
}

impl Store {
    /// Keeps a new question, unless its asker has an open one about the same act, or `most` open ones in all.
    /// Returns whether it was kept. What has expired ends here, and what ended long ago is forgotten.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn add_approval(&self, row: &ApprovalRow, most: i64) -> Result<bool, Error> {
        let mut connection = self.writer.acquire().await?;
        let expire = "update approval set status = 'expired' \
                      where status in ('pending', 'approved') and (expires <= ?1 or made > ?1)";
        sqlx::query(expire).bind(row.made).execute(&mut *connection).await?;
        sqlx::query("delete from approval where expires < ?").bind(row.made - KEPT).execute(&mut *connection).await?;
        let insert = "insert into approval (id, asker, digest, state, question, status, made, expires, asked_in) \
                      select ?, ?, ?, ?, ?, 'pending', ?, ?, ? where \
                      (select count(*) from approval where asker = ? and status in ('pending', 'approved')) < ? \
                      on conflict do nothing";
        let query = sqlx::query(insert)
            .bind(&row.id)
            .bind(&row.asker)
            .bind(&row.digest)
            .bind(&row.state)
            .bind(&row.question)
            .bind(row.made)
            .bind(row.expires)
            .bind(&row.asked_in)
            .bind(&row.asker)
            .bind(most);
        Ok(query.execute(&mut *connection).await?.rows_affected() == 1)
    }

    /// The approval of this id.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn approval(&self, id: &str) -> Result<Option<ApprovalRow>, Error> {
        let query = sqlx::query_as("select * from approval where id = ?");
        Ok(query.bind(id).fetch_optional(&self.writer).await?)
    }

    /// The newest approval that this asker asked for about this act.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn newest_approval(&self, asker: &str, digest: &str) -> Result<Option<ApprovalRow>, Error> {
        let query =
            sqlx::query_as("select * from approval where asker = ? and digest = ? order by made desc, id desc limit 1");
        Ok(query.bind(asker).bind(digest).fetch_optional(&self.writer).await?)
    }

    /// Up to `limit` approvals, the newest first: of one status as it is `now`, of one asker, or all.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn approvals(
        &self,
        status: Option<&str>,
        asker: Option<&str>,
        now: i64,
        limit: i64,
    ) -> Result<Vec<ApprovalRow>, Error> {
        let query = sqlx::query_as(
            "select * from approval where (?1 is null or ?1 = case when status in ('pending', 'approved') \
             and (expires <= ?3 or made > ?3) then 'expired' else status end) and (?2 is null or asker = ?2) \
             order by made desc, id desc limit ?4",
        );
        Ok(query.bind(status).bind(asker).bind(now).bind(limit).fetch_all(&self.reader).await?)
    }

    /// Decides a question that still waits; `None` where it does not. The disk has it when this returns.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn decide_approval(&self, id: &str, decision: Decision<'_>) -> Result<Option<ApprovalRow>, Error> {
        let update = "update approval set status = ?, decided_by = ?, reason = ?, decided_at = ?4 \
                      where id = ?5 and status = 'pending' and expires > ?4 and made <= ?4 returning *";
        let query = sqlx::query_as(update)
            .bind(decision.status)
            .bind(decision.by)
            .bind(decision.reason)
            .bind(decision.now)
            .bind(id);
        Ok(query.fetch_optional(&self.durable_writer).await?)
    }

    /// Uses an approval up for one act; `None` where it was used before, is not approved or has expired. One statement,
    /// so that of many at once exactly one gets the row. The disk has it when this returns.
    ///
    /// # Errors
    /// [`Error::Failed`]; then the act must not be done.
    pub async fn use_approval(&self, id: &str, entry: &str, now: i64) -> Result<Option<ApprovalRow>, Error> {
        let update = "update approval set status = 'used', used_in = ?1 \
                      where id = ?2 and status = 'approved' and expires > ?3 and made <= ?3 returning *";
        let query = sqlx::query_as(update).bind(entry).bind(id).bind(now);
        Ok(query.fetch_optional(&self.durable_writer).await?)
    }

    /// Ends an open approval without its being used. Returns whether it was open.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn end_approval(&self, id: &str, reason: &str) -> Result<bool, Error> {
        let update =
            "update approval set status = 'expired', reason = ? where id = ? and status in ('pending', 'approved')";
        let query = sqlx::query(update).bind(reason).bind(id);
        let done = query.execute(&self.durable_writer).await?;
        Ok(done.rows_affected() == 1)
    }
}
