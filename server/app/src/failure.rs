//! Why a sub-command ended without doing its work: one sentence, what to do about it, and an exit code.

use std::process::ExitCode;

use crate::path::absolute;

/// Exit code for wrong arguments or configuration (`EX_CONFIG` of sysexits.h is 78, but 2 is what clap gives). `docs/health.md` has the
/// table of exit codes.
const USAGE: u8 = 2;

/// Why a sub-command ended without doing its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An invalid flag, file or configuration.
    #[error("{problem}")]
    Usage {
        /// What is wrong.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
    /// Something outside failed.
    #[error("{problem}")]
    Failed {
        /// What failed.
        problem: String,
        /// What to do about it, if known.
        remedy: Option<String>,
    },
}

impl Failure {
    /// A wrong flag, file or configuration, and what to do about it.
    #[expect(clippy::needless_pass_by_value, reason = "errors are handed over")]
    pub(crate) fn usage(problem: impl ToString, remedy: impl Into<String>) -> Self {
        Self::Usage { problem: problem.to_string(), remedy: remedy.into() }
    }

    /// Something outside failed.
    #[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` wants")]
    pub(crate) fn failed(problem: impl ToString) -> Self {
        Self::Failed { problem: problem.to_string(), remedy: None }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(doing: &str, path: &std::path::Path, cause: &std::io::Error) -> Self {
        Self::usage(
            format!("cannot {doing} `{}`: {cause}", absolute(path).display()),
            "check the path and its permissions",
        )
    }

    /// What to do about it.
    pub(crate) fn remedy(&self) -> Option<&str> {
        match self {
            Self::Usage { remedy, .. } => Some(remedy),
            Self::Failed { remedy, .. } => remedy.as_deref(),
        }
    }

    /// 2 for usage errors, 1 for failures.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage { .. } => ExitCode::from(USAGE),
            Self::Failed { .. } => ExitCode::FAILURE,
        }
    }
}

impl From<juju_client::Error> for Failure {
    fn from(error: juju_client::Error) -> Self {
        use juju_client::Error;
        match error {
            // wrong in a file or on the command line, whatever the controller does
            Error::Configuration { .. }
            | Error::ControllerUnknown { .. }
            | Error::NoDefaultController { .. }
            | Error::NoControllers { .. }
            | Error::NoCredential { .. } => Self::usage(&error, error.remedy().unwrap_or_default()),
            _ => Self::Failed { problem: error.to_string(), remedy: error.remedy() },
        }
    }
}

impl From<audit::Error> for Failure {
    fn from(error: audit::Error) -> Self {
        Self::Failed { problem: error.to_string(), remedy: error.remedy().map(ToOwned::to_owned) }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Failed { problem: error.to_string(), remedy: Some(error.remedy().to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_in_files_have_the_exit_code_of_mistakes_on_the_command_line() {
        let configuration = juju_client::Error::Configuration { controller: "a".into(), cause: "no CA".into() };
        let credential = juju_client::Error::NoCredential { controller: "a".into(), user: "bob".into() };
        for error in [configuration, credential] {
            let failure = Failure::from(error);
            assert!(matches!(failure, Failure::Usage { .. }), "{failure:?}");
        }
        let away = Failure::from(juju_client::Error::Unreachable { controller: "a".into(), attempts: Vec::new() });
        assert!(matches!(away, Failure::Failed { .. }), "{away:?}");
    }
}
