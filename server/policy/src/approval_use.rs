//! Whether an approval is valid for one act, and whether the requester may confirm it in their own client.

use chrono::{DateTime, Utc};

use crate::{Approval, Requester, Status};

/// One attempt to use an approval: by which requester, for which act, in which state of the target, and when.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalUse<'a> {
    /// Who presents the approval.
    pub requester: &'a Requester,
    /// Digest of the act.
    pub digest: &'a str,
    /// Fingerprint of the target's current state.
    pub target_fingerprint: &'a str,
    /// Current time.
    pub now: DateTime<Utc>,
}

/// Why an approval is not valid for an act. Each is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalInvalid {
    /// No approval has this id.
    #[error("there is no approval `{0}`")]
    Unknown(String),
    /// Another caller requested it.
    #[error("another caller requested the approval `{0}`")]
    CallerMismatch(String),
    /// It was requested for another act.
    #[error("the approval `{0}` is for another act: tool, model, targets and arguments have to be the same")]
    ActMismatch(String),
    /// The target has changed since the request.
    #[error("the target has changed since the approval `{0}` was requested, so the approval is void")]
    TargetChanged(String),
    /// Its time limit has passed.
    #[error("the approval `{0}` has expired")]
    Expired(String),
    /// It is not decided yet.
    #[error("the approval `{0}` is still pending")]
    Pending(String),
    /// An approver rejected it.
    #[error("the approval `{id}` was rejected by `{by}`{}", reason_suffix(.reason))]
    Rejected {
        /// The approval.
        id: String,
        /// The approver.
        by: String,
        /// The approver's reason; may be empty.
        reason: String,
    },
    /// It was used already.
    #[error("the approval `{0}` was already used; an approval is valid once")]
    AlreadyUsed(String),
    /// A rule requires a second approver.
    #[error("the approval `{0}` requires a second approver, so the requesting client cannot confirm it")]
    SecondApproverRequired(String),
    /// Confirmation in the client is disabled, or the command is too long to be displayed there completely.
    #[error("the requesting client cannot confirm this, so the approval `{0}` waits for an approver")]
    ClientCannotConfirm(String),
    /// The user typed another name than the confirmation text.
    #[error("the typed name is not the one that the approval `{0}` requires")]
    WrongConfirmation(String),
}

fn reason_suffix(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

impl Approval {
    /// Checks that this approval is valid for an act now. Only the store can mark it as used, exactly once.
    ///
    /// # Errors
    /// [`ApprovalInvalid`].
    pub fn check(&self, attempt: &ApprovalUse<'_>) -> Result<(), ApprovalInvalid> {
        self.check_same_act(attempt)?;
        let id = self.id.clone();
        match self.status_at(attempt.now) {
            Status::Used => Err(ApprovalInvalid::AlreadyUsed(id)),
            Status::Rejected => Err(self.rejected()),
            Status::Expired => Err(ApprovalInvalid::Expired(id)),
            _ if self.target_fingerprint != attempt.target_fingerprint => Err(ApprovalInvalid::TargetChanged(id)),
            Status::Pending => Err(ApprovalInvalid::Pending(id)),
            Status::Approved => Ok(()),
        }
    }

    /// Checks that the requester may confirm this approval in their own MCP client.
    ///
    /// # Errors
    /// [`ApprovalInvalid`].
    pub fn check_client_confirmation(&self, attempt: &ApprovalUse<'_>) -> Result<(), ApprovalInvalid> {
        match self.check(attempt) {
            Ok(()) | Err(ApprovalInvalid::Pending(_)) if self.request.requires_second_approver() => {
                Err(ApprovalInvalid::SecondApproverRequired(self.id.clone()))
            }
            Err(ApprovalInvalid::Pending(_)) if self.request.client_can_confirm() => Ok(()),
            Err(ApprovalInvalid::Pending(_)) => Err(ApprovalInvalid::ClientCannotConfirm(self.id.clone())),
            // an approved request needs no confirmation, and a proof that arrives twice is a replay
            Ok(()) => Err(ApprovalInvalid::AlreadyUsed(self.id.clone())),
            Err(invalid) => Err(invalid),
        }
    }

    fn check_same_act(&self, attempt: &ApprovalUse<'_>) -> Result<(), ApprovalInvalid> {
        if self.request.requester.key() != attempt.requester.key() {
            return Err(ApprovalInvalid::CallerMismatch(self.id.clone()));
        }
        if self.digest != attempt.digest {
            return Err(ApprovalInvalid::ActMismatch(self.id.clone()));
        }
        Ok(())
    }

    fn rejected(&self) -> ApprovalInvalid {
        let by = self.decided_by.clone().unwrap_or_else(|| "an approver".to_owned());
        ApprovalInvalid::Rejected { id: self.id.clone(), by, reason: self.reason.clone() }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::approval::tests::approval;

    #[test]
    fn approval_is_valid_for_same_caller_act_and_state_once() {
        let given = Approval { status: Status::Approved, ..approval() };
        let requester = given.request.requester.clone();
        let stranger = Requester { subject: "token:operator:9".into(), ..requester.clone() };
        let other_client = Requester { client_id: Some("other".into()), ..requester.clone() };
        let now = given.created_at;
        let right = ApprovalUse {
            requester: &requester,
            digest: &given.digest,
            target_fingerprint: &given.target_fingerprint,
            now,
        };
        let id = || given.id.clone();
        let with = |status| Approval { status, ..given.clone() };
        let (early, late) = (now - TimeDelta::microseconds(1), now + TimeDelta::hours(1));
        for (approval, held, expected) in [
            (given.clone(), right, Ok(())),
            (given.clone(), ApprovalUse { requester: &stranger, ..right }, Err(ApprovalInvalid::CallerMismatch(id()))),
            (
                given.clone(),
                ApprovalUse { requester: &other_client, ..right },
                Err(ApprovalInvalid::CallerMismatch(id())),
            ),
            (given.clone(), ApprovalUse { digest: "other", ..right }, Err(ApprovalInvalid::ActMismatch(id()))),
            (
                given.clone(),
                ApprovalUse { target_fingerprint: "other", ..right },
                Err(ApprovalInvalid::TargetChanged(id())),
            ),
            (given.clone(), ApprovalUse { now: late, ..right }, Err(ApprovalInvalid::Expired(id()))),
            (given.clone(), ApprovalUse { now: early, ..right }, Err(ApprovalInvalid::Expired(id()))),
            (with(Status::Pending), right, Err(ApprovalInvalid::Pending(id()))),
            (with(Status::Pending), ApprovalUse { now: late, ..right }, Err(ApprovalInvalid::Expired(id()))),
            (with(Status::Used), right, Err(ApprovalInvalid::AlreadyUsed(id()))),
            (with(Status::Expired), right, Err(ApprovalInvalid::Expired(id()))),
        ] {
            assert_eq!(approval.check(&held), expected, "{expected:?}");
        }
        assert!(matches!(with(Status::Rejected).check(&right), Err(ApprovalInvalid::Rejected { .. })));
    }

    #[test]
    fn client_confirmation_needs_a_pending_request_without_second_approver() {
        let waits = approval();
        let requester = waits.request.requester.clone();
        let held = ApprovalUse {
            requester: &requester,
            digest: &waits.digest,
            target_fingerprint: &waits.target_fingerprint,
            now: waits.created_at,
        };
        assert_eq!(waits.check_client_confirmation(&held), Ok(()));
        let mut other = waits.clone();
        other.request.requirements[0].requires_second_approver = true;
        assert_eq!(
            other.check_client_confirmation(&held),
            Err(ApprovalInvalid::SecondApproverRequired(other.id.clone()))
        );
        let mut long = waits.clone();
        long.request.command = "x".repeat(crate::MAX_DISPLAY_CHARS + 1);
        assert_eq!(long.check_client_confirmation(&held), Err(ApprovalInvalid::ClientCannotConfirm(long.id.clone())));
        let approved = Approval { status: Status::Approved, ..waits.clone() };
        assert_eq!(approved.check_client_confirmation(&held), Err(ApprovalInvalid::AlreadyUsed(waits.id.clone())));
    }
}
