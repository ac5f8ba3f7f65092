//! Why a command did not do what it was asked for.

/// Why a command did not do what it was asked for, in one sentence and, where there is one, a remedy.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The controller refused, failed, or cannot be reached.
    #[error("{0}")]
    Juju(#[from] juju_client::Error),
    /// A backend beside the controllers refused, failed, or cannot be reached.
    #[error("{0}")]
    Backend(#[from] backend::BackendError),
    /// The command itself found that it cannot be done.
    #[error("{problem}")]
    Refused {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
    /// The controller refuses the act for what it needs, or would refuse it.
    #[error("{error}")]
    Unmet {
        /// The error of the controller, or the one that it would return.
        error: Box<juju_wire::RemoteError>,
        /// What to do about it, such as the nearest name.
        remedy: Option<String>,
    },
    /// The program holds an answer that it cannot write.
    #[error("the answer cannot be written as JSON: {0}")]
    Unwritable(String),
}

impl Failure {
    /// A failure that the command found itself, with what to do about it.
    pub fn refused(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Refused { problem: problem.into(), remedy: remedy.into() }
    }

    /// The failure for an argument that fits the schema, and of which only the call shows that it cannot be used.
    pub(crate) fn bad_argument(problem: String) -> Self {
        Self::refused(problem, "correct the argument")
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        match self {
            Self::Juju(error) => error.remedy(),
            Self::Backend(error) => Some(error.remedy()),
            Self::Refused { remedy, .. } => Some(remedy.clone()),
            Self::Unmet { remedy, .. } => remedy.clone(),
            Self::Unwritable(_) => None,
        }
    }

    /// The kind of failure as an identifier, `not_found`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Juju(error) => error.code(),
            Self::Backend(error) => error.code(),
            Self::Refused { .. } => "refused",
            Self::Unmet { error, .. } => juju_client::Error::Remote((**error).clone()).code(),
            Self::Unwritable(_) => "unwritable",
        }
    }

    /// Juju's own code, `not found`, if the controller returned one.
    #[must_use]
    pub fn juju_code(&self) -> Option<&str> {
        match self {
            Self::Juju(error) => error.remote().map(|error| error.code.as_str()).filter(|code| !code.is_empty()),
            Self::Unmet { error, .. } => Some(error.code.as_str()).filter(|code| !code.is_empty()),
            Self::Backend(_) | Self::Refused { .. } | Self::Unwritable(_) => None,
        }
    }

    /// Whether it is an error of the controller, which commands return only if their request had no effect.
    #[must_use]
    pub fn is_refused_by_controller(&self) -> bool {
        matches!(self, Self::Juju(juju_client::Error::Remote(_)))
    }

    /// Whether the act may have taken effect all the same.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Self::Juju(juju_client::Error::UnknownOutcome { .. }))
    }
}

impl From<juju_wire::RemoteError> for Failure {
    fn from(error: juju_wire::RemoteError) -> Self {
        Self::Juju(juju_client::Error::Remote(error))
    }
}
