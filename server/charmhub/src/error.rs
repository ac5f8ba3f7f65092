//! Why the store did not do what it was asked for.

use std::path::Path;

use crate::response::ApiError;

/// Why a request to the store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No charm or bundle has the name.
    #[error("no charm or bundle with the name `{0}` in Charmhub")]
    NotFound(String),
    /// The text cannot be a name.
    #[error("`{0}` is not the name of a charm or bundle in Charmhub")]
    Name(String),
    /// The store refused the request.
    #[error("Charmhub refuses the request: {}", .0.message)]
    Refused(ApiError),
    /// The store could not be reached.
    #[error("cannot reach Charmhub at {url}: {reason}")]
    Unreachable {
        /// Its URL.
        url: String,
        /// Why.
        reason: String,
    },
    /// There is no HTTP client.
    #[error("cannot send requests to Charmhub: {0}")]
    Client(String),
    /// The store has a problem, or gets too many requests.
    #[error("Charmhub at {url} answers with the status {status}")]
    Busy {
        /// Its URL.
        url: String,
        /// The status of HTTP.
        status: u16,
    },
    /// The store answered something that this program does not understand.
    #[error("Charmhub answers in an unknown form: {0}")]
    Unexpected(String),
    /// The file cannot be written.
    #[error("cannot write `{file}`: {cause}")]
    Write {
        /// Its path.
        file: String,
        /// The error of the operating system.
        cause: String,
    },
    /// The content is not the one that the store described.
    #[error("the downloaded content has the SHA-256 {found}, and not {expected}")]
    Hash {
        /// What the store named.
        expected: String,
        /// What the content has.
        found: String,
    },
}

impl Error {
    pub(crate) fn write(file: &Path, cause: &std::io::Error) -> Self {
        Self::Write { file: file.display().to_string(), cause: cause.to_string() }
    }

    /// The same, or [`Error::NotFound`] where the store reports that it has nothing with this name.
    pub(crate) fn or_not_found(self, name: &str) -> Self {
        match &self {
            Self::Refused(error)
                if matches!(error.code.as_str(), "not-found" | "name-not-found" | "resource-not-found") =>
            {
                Self::NotFound(name.to_owned())
            }
            _ => self,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NotFound(_) | Self::Name(_) => "look for it with juju_find".to_owned(),
            Self::Refused(error) if !error.extra.releases.is_empty() => {
                let releases = error.extra.releases.iter().map(|release| {
                    format!(
                        "{} on {}@{} ({})",
                        release.channel, release.base.name, release.base.channel, release.base.architecture
                    )
                });
                format!("it has: {}", releases.take(12).collect::<Vec<_>>().join(", "))
            }
            Self::Refused(_) => "look at its channels and bases with juju_info".to_owned(),
            Self::Unreachable { .. } | Self::Client(_) => {
                "check the network, `charmhub.url` and `charmhub.proxy` of the configuration".to_owned()
            }
            Self::Busy { .. } => "try again in a minute".to_owned(),
            Self::Unexpected(_) => {
                "check `charmhub.url` of the configuration; it has to be the URL of a store".to_owned()
            }
            Self::Write { .. } => "name a file that does not exist in a directory that you can write".to_owned(),
            Self::Hash { .. } => "try again; if it happens again, something between changes the content".to_owned(),
        }
    }
}
