//! Why a call had no effect, or why its effect is not known.

use audit::Outcome;
use catalogue::{BadArguments, Failure};
use content::Findings;
use policy::{ApprovalInvalid, Denial};

use crate::PendingApproval;

/// Why a call had no effect, or why it is not known to have had one. Each is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such tool.
    #[error("there is no tool named `{0}`")]
    UnknownTool(String),
    /// The arguments do not fit the schema.
    #[error(transparent)]
    BadArguments(#[from] BadArguments),
    /// The ledger cannot record the entry.
    #[error("nothing was done, because {0}")]
    LedgerUnavailable(#[from] audit::Error),
    /// The idempotency key cannot be stored.
    #[error("nothing was done, because the idempotency key cannot be stored: {0}")]
    IdempotencyStore(#[source] store::Error),
    /// The share of the act in the budgets cannot be stored.
    #[error("nothing was done, because its share of the change budgets cannot be stored: {0}")]
    BudgetStore(#[source] store::Error),
    /// Policy denies it.
    #[error("denied: {0}")]
    Denied(Denial),
    /// A token that may approve changes nothing, so that no token both asks and approves.
    #[error("denied: an approver token cannot change anything or request approvals (separation of duties)")]
    ApproverToken,
    /// Policy requires approval, and the request is pending.
    #[error("{}", pending(.0))]
    ApprovalRequired(Box<PendingApproval>),
    /// The approval that was brought, or that there is, does not permit this act now.
    #[error("nothing was done, because {0}")]
    NotApproved(#[from] ApprovalInvalid),
    /// What was brought as a proof was not made by this server for this caller, or no longer counts.
    #[error("nothing was done, because the proof of a confirmation does not hold: {0}")]
    InvalidProof(String),
    /// Too many questions of this caller wait already.
    #[error("no approval was requested, because {0} requests of this caller are pending already")]
    TooManyPending(i64),
    /// Approvals cannot be read or stored.
    #[error("nothing was done, because approvals cannot be read or stored: {0}")]
    ApprovalStore(#[source] store::Error),
    /// The key belongs to another act.
    #[error("the idempotency key `{key}` was used for another act before: ledger entry `{entry}`")]
    KeyReused {
        /// The key.
        key: String,
        /// Entry of the other act.
        entry: String,
    },
    /// The act of this key was begun, and how it ended is not known.
    #[error("an act with the idempotency key `{key}` was begun before and its end is not known; entry `{entry}`")]
    OutcomeUnknown {
        /// The key.
        key: String,
        /// Entry of the act.
        entry: String,
    },
    /// The act of this key was done before, and failed.
    #[error("{0}")]
    PreviouslyFailed(String),
    /// The command did not do it.
    #[error("{0}")]
    Failed(#[from] Failure),
    /// The task that did the work ended without an answer.
    #[error("it is not known whether it was done, because the work ended without an answer")]
    TaskPanicked,
    /// The server stopped while the work was in progress.
    #[error("it is not known whether it was done, because the server stopped before the work ended")]
    CutOff,
}

/// A refused call, with what the detector found in its arguments.
#[derive(Debug, thiserror::Error)]
#[error("{refusal}")]
pub struct RefusedCall {
    /// Why the call had no effect, or why it is not known to have had one.
    pub refusal: Refusal,
    /// Suspected prompt injections in the arguments; empty for arguments that do not fit the schema.
    pub arguments: Findings,
}

impl From<Refusal> for RefusedCall {
    fn from(refusal: Refusal) -> Self {
        Self { refusal, arguments: Findings::default() }
    }
}

impl From<RefusedCall> for Refusal {
    fn from(call: RefusedCall) -> Self {
        call.refusal
    }
}

impl Refusal {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::UnknownTool(_) => "look for it with `juju_find_command`",
            Self::LedgerUnavailable(error) => return error.remedy().map(ToOwned::to_owned),
            Self::IdempotencyStore(error) | Self::BudgetStore(error) | Self::ApprovalStore(error) => error.remedy(),
            Self::KeyReused { .. } => "take a new key for each act",
            Self::OutcomeUnknown { .. } | Self::TaskPanicked | Self::CutOff => {
                "look at the estate first, then act again with a new key if it is still needed"
            }
            Self::Failed(failure) => return failure.remedy(),
            Self::Denied(Denial::Rules(_)) => "ask the administrator of the policy; do not look for a way around it",
            Self::ApproverToken => {
                "use another token for changes: one with a role that cannot approve, or without the scope `juju:approve`"
            }
            Self::ApprovalRequired(pending) => return Some(remedy(pending)),
            Self::NotApproved(ApprovalInvalid::Pending(_)) => {
                "call again with the same arguments when a human has approved it"
            }
            Self::NotApproved(ApprovalInvalid::Rejected { .. }) => {
                "talk to the person who rejected it; do not look for a way around it"
            }
            Self::NotApproved(_) | Self::InvalidProof(_) => {
                "call again with the same arguments and without a proof, which asks anew where that is needed"
            }
            Self::TooManyPending(_) => "wait until some are decided or have expired",
            Self::BadArguments(_) | Self::Denied(_) | Self::PreviouslyFailed(_) => return None,
        };
        Some(text.to_owned())
    }

    /// The kind of the refusal.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        match self {
            Self::UnknownTool(_) => RefusalKind::UnknownTool,
            Self::BadArguments(_) => RefusalKind::InvalidArguments,
            Self::LedgerUnavailable(_) => RefusalKind::LedgerUnavailable,
            Self::IdempotencyStore(_) | Self::BudgetStore(_) | Self::ApprovalStore(_) => RefusalKind::StoreUnavailable,
            Self::Denied(_) | Self::ApproverToken => RefusalKind::PermissionDenied,
            Self::ApprovalRequired(_) => RefusalKind::ApprovalRequired,
            Self::NotApproved(_) | Self::InvalidProof(_) => RefusalKind::NotApproved,
            Self::TooManyPending(_) => RefusalKind::TooManyPending,
            Self::KeyReused { .. } => RefusalKind::IdempotencyKeyReused,
            Self::OutcomeUnknown { .. } | Self::TaskPanicked | Self::CutOff => RefusalKind::OutcomeUnknown,
            Self::PreviouslyFailed(_) => RefusalKind::PreviouslyFailed,
            Self::Failed(failure) if failure.outcome_unknown() => RefusalKind::OutcomeUnknown,
            Self::Failed(_) => RefusalKind::Failed,
        }
    }

    /// The code of the refusal for programs, an identifier: that of its kind, or of the failure of a command.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed(failure) => failure.code(),
            other => other.kind().as_str(),
        }
    }

    /// Juju's own code, if the controller returned one.
    #[must_use]
    pub fn juju_code(&self) -> Option<&str> {
        match self {
            Self::Failed(failure) => failure.juju_code(),
            _ => None,
        }
    }

    /// How the ledger records it.
    pub(crate) fn outcome(&self) -> Outcome {
        self.kind().outcome()
    }
}

/// Kinds of refusals: one list for codes, outcomes in the ledger, and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is explained by the variants of Refusal that have it")]
pub enum RefusalKind {
    UnknownTool,
    InvalidArguments,
    LedgerUnavailable,
    StoreUnavailable,
    PermissionDenied,
    ApprovalRequired,
    NotApproved,
    TooManyPending,
    IdempotencyKeyReused,
    OutcomeUnknown,
    PreviouslyFailed,
    Failed,
}

impl RefusalKind {
    /// Its code, `permission_denied`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown_tool",
            Self::InvalidArguments => "invalid_arguments",
            Self::LedgerUnavailable => "ledger_unavailable",
            Self::StoreUnavailable => "store_unavailable",
            Self::PermissionDenied => "permission_denied",
            Self::ApprovalRequired => "approval_required",
            Self::NotApproved => "not_approved",
            Self::TooManyPending => "too_many_pending",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::PreviouslyFailed => "previously_failed",
            Self::Failed => "failed",
        }
    }

    /// How the ledger records it.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        match self {
            Self::PermissionDenied | Self::NotApproved | Self::TooManyPending => Outcome::Denied,
            Self::ApprovalRequired => Outcome::PendingApproval,
            Self::OutcomeUnknown => Outcome::Unknown,
            Self::UnknownTool
            | Self::InvalidArguments
            | Self::LedgerUnavailable
            | Self::StoreUnavailable
            | Self::IdempotencyKeyReused
            | Self::PreviouslyFailed
            | Self::Failed => Outcome::Failed,
        }
    }
}

fn pending(pending: &PendingApproval) -> String {
    let approval = &pending.approval;
    let invalidated = pending.invalidated_by.as_ref().map(|cause| format!("{cause}; ")).unwrap_or_default();
    format!(
        "nothing was done yet: {invalidated}`{}` requires approval under `{}`: approval `{}` is pending until {}",
        approval.request.command,
        approval.request.rules(),
        approval.id,
        approval.expires_at.format("%Y-%m-%d %H:%M UTC"),
    )
}

fn remedy(pending: &PendingApproval) -> String {
    let who =
        if pending.approval.request.requires_second_approver() { ", a person other than the requester" } else { "" };
    format!("{}{who}; then call again with the same arguments", pending.instructions)
}
