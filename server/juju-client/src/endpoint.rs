//! Address, trust and credential of one controller, from configuration or from the client's files.

use std::fmt;

/// How to reach one controller and log in to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControllerEndpoint {
    /// Name in tool arguments and in the configuration.
    pub name: String,
    /// UUID of the controller; the connection checks it if it is set.
    pub uuid: Option<String>,
    /// `host:port`, or a URL as in the client's files: `wss://host:port/prefix`.
    pub addresses: Vec<String>,
    /// Certificate authority as PEM; default: the root certificates of the system.
    pub ca_certificate: Option<String>,
    /// Host name of a public certificate of the controller.
    pub public_hostname: Option<String>,
    /// Credential of the log-in.
    pub credential: Credential,
}

/// Credential of a log-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A local user.
    Password {
        /// Name of the user, without the prefix `user-`.
        user: String,
        /// Password of the user.
        password: Secret,
    },
    /// A service account of an identity provider.
    ClientCredentials {
        /// Client id of the account.
        id: String,
        /// Client secret of the account.
        secret: Secret,
    },
    /// A user of an identity provider that `juju login` has logged in with a browser.
    SessionToken {
        /// Name of the user, `ana@example.com`.
        user: String,
        /// Session token from the controller; it expires.
        token: Secret,
    },
    /// A caller of this program, by a token that this program has signed; it expires.
    LoginToken {
        /// Name of the user with its domain, `ana@example.com`.
        user: String,
        /// The signed token.
        token: Secret,
    },
    /// No usable credential: the client logs such a user in by macaroon.
    Missing {
        /// Name of the user, if known.
        user: Option<String>,
    },
}

impl ControllerEndpoint {
    /// Reads the environment variables of Juju's Terraform provider:
    /// `JUJU_CONTROLLER_ADDRESSES` (joined by commas), `JUJU_USERNAME` and `JUJU_PASSWORD` or `JUJU_CLIENT_ID` and
    /// `JUJU_CLIENT_SECRET`, `JUJU_CA_CERT` (PEM). `None` if there are no addresses.
    #[must_use]
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let addresses = variable("JUJU_CONTROLLER_ADDRESSES")?;
        let credential = match (variable("JUJU_USERNAME"), variable("JUJU_PASSWORD")) {
            (Some(user), Some(password)) => Credential::Password { user, password: Secret::new(password) },
            (user, _) => match (variable("JUJU_CLIENT_ID"), variable("JUJU_CLIENT_SECRET")) {
                (Some(id), Some(secret)) => Credential::ClientCredentials { id, secret: Secret::new(secret) },
                _ => Credential::Missing { user },
            },
        };
        Some(Self {
            name: "juju".to_owned(),
            uuid: None,
            addresses: addresses.split(',').map(|address| address.trim().to_owned()).collect(),
            ca_certificate: variable("JUJU_CA_CERT"),
            public_hostname: None,
            credential,
        })
    }
}

impl Credential {
    /// User or account of the log-in; empty if unknown.
    #[must_use]
    pub fn user(&self) -> &str {
        match self {
            Self::Password { user, .. } | Self::SessionToken { user, .. } | Self::LoginToken { user, .. } => user,
            Self::ClientCredentials { id, .. } => id,
            Self::Missing { user } => user.as_deref().unwrap_or_default(),
        }
    }
}

/// A secret text: `Debug` hides it, so it appears in no log and no error.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for the code that sends it.
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
    fn debug_output_of_credential_hides_the_secret() {
        let credential = Credential::Password { user: "admin".into(), password: "hunter2".into() };
        let printed = format!("{credential:?}");
        assert!(printed.contains("admin") && !printed.contains("hunter2"), "{printed}");
    }

    #[test]
    fn environment_yields_endpoint_with_each_kind_of_credential() {
        let endpoint = |pairs: &'static [(&str, &str)]| {
            ControllerEndpoint::from_environment(move |name| {
                pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(endpoint(&[("JUJU_USERNAME", "admin")]).is_none());
        let password =
            endpoint(&[("JUJU_CONTROLLER_ADDRESSES", "a:1, b:2"), ("JUJU_USERNAME", "admin"), ("JUJU_PASSWORD", "p")])
                .expect("one");
        assert_eq!((password.addresses.len(), password.credential.user()), (2, "admin"));
        let client =
            endpoint(&[("JUJU_CONTROLLER_ADDRESSES", "a:1"), ("JUJU_CLIENT_ID", "id"), ("JUJU_CLIENT_SECRET", "s")])
                .expect("one");
        assert!(matches!(client.credential, Credential::ClientCredentials { .. }));
        let none = endpoint(&[("JUJU_CONTROLLER_ADDRESSES", "a:1")]).expect("one");
        assert!(matches!(none.credential, Credential::Missing { .. }));
    }
}
