//! Approvals as the store has them, and as `policy` means them.

use chrono::{DateTime, Utc};
use policy::{Approval, Status};
use store::ApprovalRow;

/// Reads a row. A row that cannot be read is no approval: nothing is permitted by it.
pub(crate) fn read(row: ApprovalRow) -> Result<Approval, store::Error> {
    let unreadable = || store::Error::Unreadable { what: "approval", id: row.id.clone() };
    Ok(Approval {
        request: serde_json::from_str(&row.request).map_err(|_| unreadable())?,
        status: Status::read(&row.status).ok_or_else(unreadable)?,
        created_at: moment(row.created_at).ok_or_else(unreadable)?,
        expires_at: moment(row.expires_at).ok_or_else(unreadable)?,
        decided_at: row.decided_at.map(|at| moment(at).ok_or_else(unreadable)).transpose()?,
        id: row.id,
        digest: row.digest,
        target_fingerprint: row.state,
        decided_by: row.decided_by,
        reason: row.reason,
        requested_by_entry: row.requested_by_entry,
        consumed_by_entry: row.consumed_by_entry,
    })
}

/// The row of a question that was just asked.
pub(crate) fn row(approval: &Approval) -> Result<ApprovalRow, serde_json::Error> {
    Ok(ApprovalRow {
        id: approval.id.clone(),
        requester: approval.request.requester.key(),
        digest: approval.digest.clone(),
        state: approval.target_fingerprint.clone(),
        request: serde_json::to_string(&approval.request)?,
        status: approval.status.as_str().to_owned(),
        created_at: approval.created_at.timestamp_micros(),
        expires_at: approval.expires_at.timestamp_micros(),
        decided_by: approval.decided_by.clone(),
        decided_at: approval.decided_at.map(|at| at.timestamp_micros()),
        reason: approval.reason.clone(),
        requested_by_entry: approval.requested_by_entry.clone(),
        consumed_by_entry: approval.consumed_by_entry.clone(),
    })
}

fn moment(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
}
