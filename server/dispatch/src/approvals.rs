//! Approval requests for approvers: list, get, decide. The management API, the console and the MCP server all use this, so that
//! the same checks and the same ledger apply to each.

use std::sync::Arc;

use audit::{ApprovalKind, AuditEvent, Entry, NewEntry, Outcome};
use chrono::{DateTime, Utc};
use identity::Caller;
use policy::{Approval, DecisionDenied, Requester, Status};
use store::DecisionUpdate;

use crate::{Dispatcher, approval_row};

/// The most characters that a reason may have.
const LONGEST_REASON: usize = 500;
/// Characters of an id, a UUID with hyphens.
const ID_LENGTH: usize = 36;
/// Characters of a digest, SHA-256 as hexadecimal.
const DIGEST_LENGTH: usize = 64;
/// The most approvals that one list has.
const MOST_LISTED: i64 = 200;

/// The approvals of one dispatcher. Cheap to clone.
#[derive(Clone)]
pub struct Approvals(Arc<Dispatcher>);

/// The channel of an answer that the requesting client sends.
pub(crate) const CLIENT_CHANNEL: &str = "client";

/// The decision of an approver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is approved.
    pub approve: bool,
    /// Digest of the act as it was shown to them.
    pub digest: String,
    /// Why, in their own words; may be empty.
    pub reason: String,
    /// Where the caller decided, for the ledger: `api`, `console` or `client`.
    pub channel: &'static str,
}

/// Why a list, a get or a decision was refused. Each is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// Policy denies the decision.
    #[error(transparent)]
    DecisionDenied(#[from] DecisionDenied),
    /// The reason is too long.
    #[error("a reason has at most {LONGEST_REASON} characters")]
    ReasonTooLong,
    /// The ledger cannot record the decision.
    #[error("nothing was decided, because {0}")]
    LedgerUnavailable(#[source] audit::Error),
    /// The store failed.
    #[error("approvals cannot be read or stored: {0}")]
    StoreUnavailable(#[from] store::Error),
}

impl DecisionError {
    /// The code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::DecisionDenied(DecisionDenied::NotApprover) => "permission_denied",
            Self::DecisionDenied(DecisionDenied::SelfApproval) => "self_approval",
            Self::DecisionDenied(DecisionDenied::IdentityUnknown) => "identity_unknown",
            Self::DecisionDenied(DecisionDenied::SameClient) => "same_client",
            Self::DecisionDenied(DecisionDenied::Unknown(_)) => "unknown_approval",
            Self::DecisionDenied(DecisionDenied::DigestMismatch) => "digest_mismatch",
            Self::DecisionDenied(DecisionDenied::AlreadyClosed(_)) => "already_decided",
            Self::ReasonTooLong => "bad_request",
            Self::LedgerUnavailable(_) => "ledger_unavailable",
            Self::StoreUnavailable(_) => "store_unavailable",
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::DecisionDenied(
                DecisionDenied::NotApprover
                | DecisionDenied::SelfApproval
                | DecisionDenied::IdentityUnknown
                | DecisionDenied::SameClient,
            ) => 403,
            Self::DecisionDenied(DecisionDenied::Unknown(_)) => 404,
            Self::DecisionDenied(DecisionDenied::DigestMismatch | DecisionDenied::AlreadyClosed(_)) => 409,
            Self::ReasonTooLong => 400,
            Self::LedgerUnavailable(_) | Self::StoreUnavailable(_) => 503,
        }
    }
}

impl Approvals {
    /// The approvals of this dispatcher.
    #[must_use]
    pub fn new(dispatcher: Arc<Dispatcher>) -> Self {
        Self(dispatcher)
    }

    /// Whether this caller's token may approve.
    #[must_use]
    pub fn may_approve(&self, caller: &Caller) -> bool {
        self.0.policy.current().may_approve(caller)
    }

    /// Why this caller may not decide about what waits, whatever they say; nothing where they may.
    #[must_use]
    pub fn undecidable(&self, caller: &Caller, approval: &Approval) -> Option<DecisionDenied> {
        let (policy, now) = (self.0.policy.current(), self.0.clock.now());
        approval.check_decision(&policy, caller, &approval.digest, now).err()
    }

    /// Approvals of one status or of all, the newest first, at most 200: all of them for an approver, only
    /// their own for others.
    ///
    /// # Errors
    /// [`DecisionError::StoreUnavailable`].
    pub async fn list(&self, caller: &Caller, status: Option<Status>) -> Result<Vec<Approval>, DecisionError> {
        let now = self.0.clock.now();
        let own = (!self.may_approve(caller)).then(|| Requester::from_caller(caller).key());
        let store = self.0.ledger.store();
        let rows =
            store.approvals(status.map(Status::as_str), own.as_deref(), now.timestamp_micros(), MOST_LISTED).await?;
        rows.into_iter().map(|row| Ok(with_status_at(approval_row::read(row)?, now))).collect()
    }

    /// One approval, for an approver or its requester. The ledger records the attempts of others.
    ///
    /// # Errors
    /// [`DecisionDenied::Unknown`], or [`DecisionError::StoreUnavailable`].
    pub async fn get(&self, caller: &Caller, id: &str) -> Result<Approval, DecisionError> {
        if let Some(found) = self.find(id).await? {
            let approval = with_status_at(found, self.0.clock.now());
            if self.may_approve(caller) || approval.request.requester.key() == Requester::from_caller(caller).key() {
                return Ok(approval);
            }
        }
        let unknown = DecisionDenied::Unknown(display_id(id));
        if !self.may_approve(caller) {
            // this caller guesses ids, or lost its own
            let event = AuditEvent::ApprovalViewed { approval_id: display_id(id) };
            let entry = open_entry(&self.0, caller, event).await?;
            entry.close(Outcome::Denied, &unknown.to_string());
        }
        Err(unknown.into())
    }

    async fn find(&self, id: &str) -> Result<Option<Approval>, store::Error> {
        if !is_id(id) {
            return Ok(None);
        }
        self.0.ledger.store().approval(id).await?.map(approval_row::read).transpose()
    }

    /// Decides a pending request. The ledger records the attempt, refused or not.
    ///
    /// # Errors
    /// [`DecisionError`]; then nothing was decided.
    pub async fn decide(&self, caller: &Caller, id: &str, decision: Decision) -> Result<Approval, DecisionError> {
        let known = self.find(id).await?;
        let entry = decision_entry(&self.0, caller, id, known.as_ref(), &decision).await?;
        let result = self.load_checked(caller, id, known, &decision).await;
        match &result {
            Ok(_) => entry.close(Outcome::Done, ""),
            Err(refused @ (DecisionError::DecisionDenied(_) | DecisionError::ReasonTooLong)) => {
                entry.close(Outcome::Denied, &refused.to_string());
            }
            Err(failed) => entry.close(Outcome::Failed, &failed.to_string()),
        }
        result
    }

    async fn load_checked(
        &self,
        caller: &Caller,
        id: &str,
        known: Option<Approval>,
        decision: &Decision,
    ) -> Result<Approval, DecisionError> {
        let policy = self.0.policy.current();
        if !policy.may_approve(caller) {
            // a caller that must not approve learns nothing about requests
            return Err(DecisionDenied::NotApprover.into());
        }
        if decision.reason.chars().count() > LONGEST_REASON {
            return Err(DecisionError::ReasonTooLong);
        }
        let known = known.ok_or_else(|| DecisionDenied::Unknown(display_id(id)))?;
        known.check_decision(&policy, caller, &decision.digest, self.0.clock.now())?;
        write_decision(&self.0, id, caller.subject(), decision.approve, &decision.reason).await
    }
}

/// Stores a checked decision, unless another one was faster.
pub(crate) async fn write_decision(
    dispatcher: &Dispatcher,
    id: &str,
    by: &str,
    approve: bool,
    reason: &str,
) -> Result<Approval, DecisionError> {
    let (status, now) = (if approve { Status::Approved } else { Status::Rejected }, dispatcher.clock.now());
    let written = DecisionUpdate { status: status.as_str(), by, reason, now: now.timestamp_micros() };
    let store = dispatcher.ledger.store();
    if let Some(row) = store.decide_approval(id, written).await? {
        return Ok(approval_row::read(row)?);
    }
    let found = store.approval(id).await?.ok_or_else(|| DecisionDenied::Unknown(id.to_owned()))?;
    Err(DecisionDenied::AlreadyClosed(approval_row::read(found)?.status_at(now)).into())
}

/// What a decision proves: the client's word, or an approver with a token of their own.
fn approval_kind(decision: &Decision, known: Option<&Approval>) -> ApprovalKind {
    if decision.channel == CLIENT_CHANNEL {
        ApprovalKind::ClientConfirmation
    } else if known.is_some_and(|known| known.request.requires_second_approver()) {
        ApprovalKind::SecondApprover
    } else {
        ApprovalKind::Approver
    }
}

/// Opens the ledger's entry of a decision. It carries the approval's id as its target, and the place of the act.
pub(crate) async fn decision_entry(
    dispatcher: &Dispatcher,
    caller: &Caller,
    id: &str,
    known: Option<&Approval>,
    decision: &Decision,
) -> Result<Entry, DecisionError> {
    let first = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    // a caller without the right must not fill the ledger
    let event = AuditEvent::ApprovalDecided {
        approval_id: display_id(id),
        approved: decision.approve,
        digest: first(&decision.digest, DIGEST_LENGTH),
        comment: policy::redact_text(&first(&decision.reason, LONGEST_REASON)),
        channel: decision.channel.to_owned(),
        kind: approval_kind(decision, known),
        location: known.map(|known| known.request.act.target.location.clone()).unwrap_or_default(),
    };
    let mut entry = open_entry(dispatcher, caller, event).await?;
    entry.set_approval(&display_id(id));
    Ok(entry)
}

async fn open_entry(dispatcher: &Dispatcher, caller: &Caller, event: AuditEvent) -> Result<Entry, DecisionError> {
    let new = NewEntry::new(caller, event).with_roles(dispatcher.policy.current().roles_of(caller));
    dispatcher.ledger.open_entry(new).await.map_err(DecisionError::LedgerUnavailable)
}

/// Whether a text can be the id of an approval; others are not looked up.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == ID_LENGTH && uuid::Uuid::try_parse(text).is_ok()
}

/// An id as received, fit for the ledger and for a sentence.
pub(crate) fn display_id(text: &str) -> String {
    text.chars().take(ID_LENGTH).map(|letter| if letter.is_ascii_graphic() { letter } else { '?' }).collect()
}

/// The approval with its status at a time.
fn with_status_at(approval: Approval, now: DateTime<Utc>) -> Approval {
    Approval { status: approval.status_at(now), ..approval }
}
