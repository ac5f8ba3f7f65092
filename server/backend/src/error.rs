//! Why a backend did not answer a query.

use std::time::Duration;

use crate::BackendKind;

/// Why a backend did not answer a query, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// It cannot be reached.
    #[error("cannot reach {kind} `{name}`: {reason}")]
    Unreachable {
        /// What it is.
        kind: BackendKind,
        /// Its name among those of its kind.
        name: String,
        /// Why.
        reason: String,
    },
    /// It did not answer in time.
    #[error("{kind} `{name}` did not answer within {} s", .limit.as_secs_f32())]
    TimedOut {
        /// What it is.
        kind: BackendKind,
        /// Its name among those of its kind.
        name: String,
        /// The limit.
        limit: Duration,
    },
    /// It refused the request, or failed.
    #[error("{kind} `{name}` refuses the request (status {status}): {message}")]
    Refused {
        /// What it is.
        kind: BackendKind,
        /// Its name among those of its kind.
        name: String,
        /// The status of HTTP.
        status: u16,
        /// Its own words.
        message: String,
    },
    /// It answered something that this program does not understand.
    #[error("{kind} `{name}` answers in an unknown form: {reason}")]
    Unexpected {
        /// What it is.
        kind: BackendKind,
        /// Its name among those of its kind.
        name: String,
        /// What was not understood.
        reason: String,
    },
    /// The answer is larger than this program reads.
    #[error("the answer of {kind} `{name}` is larger than {limit} bytes")]
    TooLarge {
        /// What it is.
        kind: BackendKind,
        /// Its name among those of its kind.
        name: String,
        /// The limit.
        limit: usize,
    },
    /// None of this kind is configured.
    #[error("no {kind} is configured")]
    NotConfigured {
        /// What is missing.
        kind: BackendKind,
    },
    /// None of this kind has this name.
    #[error("no {kind} has the name `{name}`")]
    UnknownName {
        /// What was looked for.
        kind: BackendKind,
        /// The name.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// It has no such method.
    #[error("{kind} has no method `{method}`")]
    UnknownMethod {
        /// What it is.
        kind: BackendKind,
        /// What was called.
        method: String,
        /// The methods that exist.
        known: &'static [&'static str],
    },
    /// The parameters of a query cannot be used.
    #[error("{0}")]
    Parameters(String),
    /// The configuration of the backend cannot be used.
    #[error("the configuration of {kind} `{name}` cannot be used: {reason}")]
    Configuration {
        /// What it is.
        kind: BackendKind,
        /// Its name among those of its kind.
        name: String,
        /// Why.
        reason: String,
    },
}

impl BackendError {
    /// Whether the backend does not answer, as opposed to an answer that refuses.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Unexpected { .. } | Self::Configuration { .. } => {
                true
            }
            Self::Refused { status, .. } => matches!(status, 401 | 403 | 502..=504),
            _ => false,
        }
    }

    /// Whether the same request may succeed a moment later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { status, .. } => matches!(status, 429 | 502..=504),
            _ => false,
        }
    }

    /// The kind of failure as an identifier, `backend_unreachable`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "backend_unreachable",
            Self::TimedOut { .. } => "backend_timed_out",
            Self::Refused { .. } => "backend_refused",
            Self::Unexpected { .. } => "backend_unexpected",
            Self::TooLarge { .. } => "backend_answer_too_large",
            Self::NotConfigured { .. } => "backend_not_configured",
            Self::UnknownName { .. } => "backend_unknown",
            Self::UnknownMethod { .. } => "backend_unknown_method",
            Self::Parameters(_) => "backend_parameters",
            Self::Configuration { .. } => "backend_configuration",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Unreachable { kind, .. } => {
                format!("check that it runs, and the section `{}` of the configuration", kind.word())
            }
            Self::TimedOut { kind, .. } => {
                format!("ask for less, such as a shorter range, or raise `{}.timeout`", kind.word())
            }
            Self::Refused { status: 401 | 403, kind, .. } => {
                format!("check the credential in the section `{}` of the configuration", kind.word())
            }
            Self::Refused { status: 429 | 500..=599, .. } => "try again in a minute".to_owned(),
            Self::Refused { .. } | Self::Parameters(_) => "correct the query".to_owned(),
            Self::Unexpected { kind, .. } | Self::Configuration { kind, .. } => {
                format!("check the section `{}` of the configuration", kind.word())
            }
            Self::TooLarge { .. } => "ask for less: a shorter range, a longer step, fewer series".to_owned(),
            Self::NotConfigured { kind } => format!("add the section `{}` to the configuration", kind.word()),
            Self::UnknownName { known, .. } => format!("name one of: {}", known.join(", ")),
            Self::UnknownMethod { known, .. } => format!("use one of: {}", known.join(", ")),
        }
    }
}
