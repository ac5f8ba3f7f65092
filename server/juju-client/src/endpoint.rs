//! What is known of one controller before anything is dialled.

use std::fmt;

/// One controller, as configuration or the client's files describe it.
#[derive(Debug, Clone)]
pub struct ControllerEndpoint {
    /// The name by which callers mean it.
    pub name: String,
    /// Its UUID, where it is known.
    pub uuid: Option<String>,
    /// `host:port`, or with a scheme and a path prefix as the client's files may have: `wss://host:port/prefix`.
    pub addresses: Vec<String>,
    /// Its certificate authority as PEM; without one the roots of the system are trusted.
    pub ca_certificate: Option<String>,
    /// A host name for which the controller has a public certificate.
    pub public_hostname: Option<String>,
    /// Who logs in.
    pub credential: Credential,
}

/// How to log in to a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A local user.
    Password {
        /// Name of the user, without `user-`.
        user: String,
        /// Their password.
        password: Secret,
    },
    /// A service account of an identity provider.
    ClientCredentials {
        /// Id of the account.
        id: String,
        /// Its secret.
        secret: Secret,
    },
    /// A user of an identity provider, logged in with a browser by `juju login`.
    SessionToken {
        /// Name of the user, `ana@example.com`.
        user: String,
        /// What the controller gave for the log-in; it ends.
        token: Secret,
    },
    /// Nothing with which this program could log in: the client logs such a user in by macaroon.
    Missing {
        /// Name of the user, where it is known.
        user: Option<String>,
    },
}

impl Credential {
    /// The user or account that logs in; empty where none is known.
    #[must_use]
    pub fn user(&self) -> &str {
        match self {
            Self::Password { user, .. } | Self::SessionToken { user, .. } => user,
            Self::ClientCredentials { id, .. } => id,
            Self::Missing { user } => user.as_deref().unwrap_or_default(),
        }
    }
}

/// A text that must not be seen: it is never printed, logged or part of an error.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being printed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_printed() {
        let credential = Credential::Password { user: "admin".into(), password: "hunter2".into() };
        let printed = format!("{credential:?}");
        assert!(printed.contains("admin") && !printed.contains("hunter2"), "{printed}");
    }
}
