//! Rows of approvals. The crate `policy` defines what they mean; each statement here makes sure that a step happens only once.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use crate::{Error, Store};

/// For how long a closed approval is retained, in microseconds; the ledger has its own record.
const RETENTION_MICROS: i64 = 30 * 24 * 3600 * 1_000_000;

/// One approval request and its decision; times in microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRow {
    /// UUID, ordered by time.
    pub id: String,
    /// Key of the caller that created the request.
    pub requester: String,
    /// Digest of the act.
    pub digest: String,
    /// Fingerprint of the target's state when the request was created.
    pub state: String,
    /// JSON, as shown to approvers.
    pub request: String,
    /// `pending`, `approved`, `rejected`, `used` or `expired`.
    pub status: String,
    /// Time of the request.
    pub created_at: i64,
    /// Time at which it expires.
    pub expires_at: i64,
    /// Caller that decided.
    pub decided_by: Option<String>,
    /// Time of the decision.
    pub decided_at: Option<i64>,
    /// Reason of the decision, or of an early expiry.
    pub reason: String,
    /// Ledger entry of the call that created the request.
    pub requested_by_entry: String,
    /// Ledger entry of the act that used the approval.
    pub consumed_by_entry: Option<String>,
}

impl FromRow<'_, SqliteRow> for ApprovalRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            requester: row.try_get("requester")?,
            digest: row.try_get("digest")?,
            state: row.try_get("state")?,
            request: row.try_get("request")?,
            status: row.try_get("status")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            decided_by: row.try_get("decided_by")?,
            decided_at: row.try_get("decided_at")?,
            reason: row.try_get("reason")?,
            requested_by_entry: row.try_get("requested_by_entry")?,
            consumed_by_entry: row.try_get("consumed_by_entry")?,
        })
    }
}

/// The decision that [`Store::decide_approval`] writes.
#[derive(Debug, Clone, Copy)]
pub struct DecisionUpdate<'a> {
    /// `approved` or `rejected`.
    pub status: &'a str,
    /// Caller that decided.
    pub by: &'a str,
    /// Reason of the decision.
    pub reason: &'a str,
    /// Time of the decision, in microseconds since 1970.
    pub now: i64,
}

impl Store {
    /// Adds a request unless its requester has an open one for the same act, or `max_open` open ones in total. Returns whether it was
    /// added. Also expires outdated approvals, and removes those that closed long ago.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn add_approval(&self, row: &ApprovalRow, max_open: i64) -> Result<bool, Error> {
        let mut connection = self.writer.acquire().await?;
        let expire = "update approval set status = 'expired' \
                      where status in ('pending', 'approved') and (expires_at <= ?1 or created_at > ?1)";
        sqlx::query(expire).bind(row.created_at).execute(&mut *connection).await?;
        sqlx::query("delete from approval where expires_at < ?")
            .bind(row.created_at - RETENTION_MICROS)
            .execute(&mut *connection)
            .await?;
        let insert = "insert into approval \
                      (id, requester, digest, state, request, status, created_at, expires_at, requested_by_entry) \
                      select ?, ?, ?, ?, ?, 'pending', ?, ?, ? where \
                      (select count(*) from approval where requester = ? and status in ('pending', 'approved')) < ? \
                      on conflict do nothing";
        let query = sqlx::query(insert)
            .bind(&row.id)
            .bind(&row.requester)
            .bind(&row.digest)
            .bind(&row.state)
            .bind(&row.request)
            .bind(row.created_at)
            .bind(row.expires_at)
            .bind(&row.requested_by_entry)
            .bind(&row.requester)
            .bind(max_open);
        Ok(query.execute(&mut *connection).await?.rows_affected() == 1)
    }

    /// Returns the approval with this id.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn approval(&self, id: &str) -> Result<Option<ApprovalRow>, Error> {
        let query = sqlx::query_as("select * from approval where id = ?");
        Ok(query.bind(id).fetch_optional(&self.writer).await?)
    }

    /// Returns the newest approval of this requester for this act.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn newest_approval(&self, requester: &str, digest: &str) -> Result<Option<ApprovalRow>, Error> {
        let query = sqlx::query_as(
            "select * from approval where requester = ? and digest = ? order by created_at desc, id desc limit 1",
        );
        Ok(query.bind(requester).bind(digest).fetch_optional(&self.writer).await?)
    }

    /// Returns up to `limit` approvals, the newest first. Default for the status (as of `now`) and the requester: all.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn approvals(
        &self,
        status: Option<&str>,
        requester: Option<&str>,
        now: i64,
        limit: i64,
    ) -> Result<Vec<ApprovalRow>, Error> {
        let query = sqlx::query_as(
            "select * from approval where (?1 is null or ?1 = case when status in ('pending', 'approved') \
             and (expires_at <= ?3 or created_at > ?3) then 'expired' else status end) and (?2 is null or requester = ?2) \
             order by created_at desc, id desc limit ?4",
        );
        Ok(query.bind(status).bind(requester).bind(now).bind(limit).fetch_all(&self.reader).await?)
    }

    /// Decides a pending request; returns `None` if it is not pending. Returns when the disk has the decision.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn decide_approval(&self, id: &str, decision: DecisionUpdate<'_>) -> Result<Option<ApprovalRow>, Error> {
        let update = "update approval set status = ?, decided_by = ?, reason = ?, decided_at = ?4 \
                      where id = ?5 and status = 'pending' and expires_at > ?4 and created_at <= ?4 returning *";
        let query = sqlx::query_as(update)
            .bind(decision.status)
            .bind(decision.by)
            .bind(decision.reason)
            .bind(decision.now)
            .bind(id);
        Ok(query.fetch_optional(&self.durable_writer).await?)
    }

    /// Uses an approval for one act; returns `None` if it was used before, is not approved or has expired. This is one statement,
    /// so exactly one of several concurrent calls receives the row. Returns when the disk has the change.
    ///
    /// # Errors
    /// [`Error::Failed`]; then the act must not run.
    pub async fn use_approval(&self, id: &str, entry: &str, now: i64) -> Result<Option<ApprovalRow>, Error> {
        let update = "update approval set status = 'used', consumed_by_entry = ?1 \
                      where id = ?2 and status = 'approved' and expires_at > ?3 and created_at <= ?3 returning *";
        let query = sqlx::query_as(update).bind(entry).bind(id).bind(now);
        Ok(query.fetch_optional(&self.durable_writer).await?)
    }

    /// Expires an open approval without a use. Returns whether it was open.
    ///
    /// # Errors
    /// [`Error::Failed`].
    pub async fn expire_approval(&self, id: &str, reason: &str) -> Result<bool, Error> {
        let update =
            "update approval set status = 'expired', reason = ? where id = ? and status in ('pending', 'approved')";
        let query = sqlx::query(update).bind(reason).bind(id);
        let result = query.execute(&self.durable_writer).await?;
        Ok(result.rows_affected() == 1)
    }
}
