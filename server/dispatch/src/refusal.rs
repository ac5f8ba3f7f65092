//! Why a call had no effect, or why it is not known to have had one.

use audit::Outcome;
use catalogue::{BadArguments, Failure};
use policy::{Denial, Question};

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
    /// Policy says no.
    #[error("denied: {0}")]
    Denied(Denial),
    /// Policy wants a human.
    #[error("waits for approval under rule `{}`", .0.demands.iter().map(|demand| demand.rule.as_str()).collect::<Vec<_>>().join("`, `"))]
    ApprovalNeeded(Box<Question>),
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
            Self::LedgerClosed(_) | Self::KeyLost(_) => {
                "tell whoever runs this server; its state directory may be full or read-only"
            }
            Self::KeyReused { .. } => "take a new key for each act",
            Self::EndUnknown { .. } | Self::WorkLost => {
                "look at the estate first, then act again with a new key if it is still needed"
            }
            Self::Failed(failure) => return failure.remedy(),
            Self::BadArguments(_) | Self::Denied(_) | Self::ApprovalNeeded(_) | Self::FailedBefore(_) => return None,
        };
        Some(text.to_owned())
    }

    /// A word for what kind of refusal it is: Juju's own code where the controller gave one.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::UnknownTool(_) => "unknown tool",
            Self::BadArguments(_) => "bad arguments",
            Self::LedgerClosed(_) | Self::KeyLost(_) => "ledger closed",
            Self::Denied(_) => "denied",
            Self::ApprovalNeeded(_) => "approval needed",
            Self::KeyReused { .. } => "idempotency key reused",
            Self::EndUnknown { .. } | Self::WorkLost => "outcome unknown",
            Self::FailedBefore(_) => "failed before",
            Self::Failed(failure) => failure.code(),
        }
    }

    /// How the ledger is to record it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Denied(_) => Outcome::Denied,
            Self::ApprovalNeeded(_) => Outcome::Asked,
            Self::EndUnknown { .. } | Self::WorkLost => Outcome::Unknown,
            Self::Failed(failure) if failure.outcome_unknown() => Outcome::Unknown,
            _ => Outcome::Failed,
        }
    }
}
