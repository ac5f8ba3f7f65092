//! Why a call had no effect, or why it is not known to have had one.

use audit::Outcome;
use catalogue::{BadArguments, Failure};
use policy::{ApprovalInvalid, Denial};

use crate::Waiting;

/// Why a call had no effect, or why it is not known to have had one. Each is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is no such tool.
    #[error("there is no tool named `{0}`")]
    UnknownTool(String),
    /// The arguments do not fit the schema.
    #[error(transparent)]
    BadArguments(#[from] BadArguments),
    /// The ledger cannot keep the entry.
    #[error("nothing was done, because {0}")]
    LedgerClosed(#[source] audit::Error),
    /// The idempotency key cannot be kept.
    #[error("nothing was done, because the idempotency key cannot be kept: {0}")]
    KeyLost(#[source] store::Error),
    /// What the act takes of the budgets cannot be kept.
    #[error("nothing was done, because what it takes of the change budgets cannot be kept: {0}")]
    BudgetLost(#[source] store::Error),
    /// Policy says no.
    #[error("denied: {0}")]
    Denied(Denial),
    /// A token that may approve changes nothing, so that no token both asks and approves.
    #[error(
        "denied: a token that may approve changes nothing and asks for nothing that needs an approval, so that no token says yes to what it asks for itself"
    )]
    Approver,
    /// Policy wants a human, and nobody has decided yet.
    #[error("{}", waiting(.0))]
    ApprovalNeeded(Box<Waiting>),
    /// The approval that was brought, or that there is, does not permit this act now.
    #[error("nothing was done, because {0}")]
    NotApproved(#[from] ApprovalInvalid),
    /// What was brought as a proof was not made by this server for this caller, or no longer counts.
    #[error("nothing was done, because the proof of a confirmation does not hold: {0}")]
    Forged(String),
    /// Too many questions of this caller wait already.
    #[error("nothing was asked, because {0} questions of this caller already wait for a human")]
    TooManyWait(i64),
    /// Approvals cannot be read or kept.
    #[error("nothing was done, because approvals cannot be read or kept: {0}")]
    ApprovalsLost(#[source] store::Error),
    /// The key stands for another act.
    #[error("the idempotency key `{key}` was used for another act before, whose entry in the ledger is `{entry}`")]
    KeyReused {
        /// The key.
        key: String,
        /// Entry of the other act.
        entry: String,
    },
    /// The act of this key was begun, and how it ended is not known.
    #[error("an act with the idempotency key `{key}` was begun before and its end is not known; entry `{entry}`")]
    EndUnknown {
        /// The key.
        key: String,
        /// Entry of the act.
        entry: String,
    },
    /// The act of this key was done before, and failed.
    #[error("{0}")]
    FailedBefore(String),
    /// The command did not do it.
    #[error("{0}")]
    Failed(#[from] Failure),
    /// The task that did the work ended without an answer.
    #[error("it is not known whether it was done, because the work ended without an answer")]
    WorkLost,
}

impl Refusal {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::UnknownTool(_) => "look for it with `juju_find_command`",
            Self::LedgerClosed(error) => return error.remedy().map(ToOwned::to_owned),
            Self::KeyLost(error) | Self::BudgetLost(error) | Self::ApprovalsLost(error) => error.remedy(),
            Self::KeyReused { .. } => "take a new key for each act",
            Self::EndUnknown { .. } | Self::WorkLost => {
                "look at the estate first, then act again with a new key if it is still needed"
            }
            Self::Failed(failure) => return failure.remedy(),
            Self::Denied(Denial::Rules(_)) => "ask whoever keeps the policy; do not look for a way around it",
            Self::Approver => {
                "act with a token of a role that does not approve, with an identity provider one without the scope `juju:approve`, and approve with this one"
            }
            Self::ApprovalNeeded(waiting) => return Some(remedy(waiting)),
            Self::NotApproved(ApprovalInvalid::Pending(_)) => {
                "call again with the same arguments when a human has approved it"
            }
            Self::NotApproved(ApprovalInvalid::Rejected { .. }) => {
                "talk to whoever rejected it; do not look for a way around it"
            }
            Self::NotApproved(_) | Self::Forged(_) => {
                "call again with the same arguments and without a proof, which asks anew where that is needed"
            }
            Self::TooManyWait(_) => "wait until some are decided or have expired",
            Self::BadArguments(_) | Self::Denied(_) | Self::FailedBefore(_) => return None,
        };
        Some(text.to_owned())
    }

    /// A word for what kind of refusal it is: Juju's own code where the controller gave one.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::UnknownTool(_) => "unknown tool",
            Self::BadArguments(_) => "bad arguments",
            Self::LedgerClosed(_) | Self::KeyLost(_) | Self::BudgetLost(_) => "ledger closed",
            Self::Denied(_) | Self::Approver => "denied",
            Self::ApprovalNeeded(_) => "approval needed",
            Self::NotApproved(_) | Self::Forged(_) | Self::TooManyWait(_) => "not approved",
            Self::ApprovalsLost(_) => "approvals lost",
            Self::KeyReused { .. } => "idempotency key reused",
            Self::EndUnknown { .. } | Self::WorkLost => "outcome unknown",
            Self::FailedBefore(_) => "failed before",
            Self::Failed(failure) => failure.code(),
        }
    }

    /// How the ledger is to record it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Denied(_) | Self::Approver | Self::NotApproved(_) | Self::Forged(_) | Self::TooManyWait(_) => {
                Outcome::Denied
            }
            Self::ApprovalNeeded(_) => Outcome::PendingApproval,
            Self::EndUnknown { .. } | Self::WorkLost => Outcome::Unknown,
            Self::Failed(failure) if failure.outcome_unknown() => Outcome::Unknown,
            _ => Outcome::Failed,
        }
    }
}

fn waiting(waiting: &Waiting) -> String {
    let approval = &waiting.approval;
    let void = waiting.void.as_ref().map(|void| format!("{void}; ")).unwrap_or_default();
    format!(
        "nothing was done yet: {void}`{}` waits for a human's yes under `{}`, as approval `{}`, until {}",
        approval.request.command,
        approval.request.rules(),
        approval.id,
        approval.expires_at.format("%Y-%m-%d %H:%M UTC"),
    )
}

fn remedy(waiting: &Waiting) -> String {
    let who = if waiting.approval.request.requires_second_approver() { ", who is not whoever asked" } else { "" };
    format!("{}{who}; then call again with the same arguments", waiting.how)
}
