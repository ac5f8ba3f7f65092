//! How to log in to a controller.

use std::path::PathBuf;

use juju_client::{Credential, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::read_secret;
use crate::failure::Failure;

/// How to log in to a controller: a user with a password, or a service account with a secret.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialSection {
    /// User to log in as, with `password_file`.
    pub(crate) user: Option<String>,
    /// File with the user's password.
    pub(crate) password_file: Option<PathBuf>,
    /// Service account to log in as, with `client_secret_file`.
    pub(crate) client_id: Option<String>,
    /// File with the secret of the service account.
    pub(crate) client_secret_file: Option<PathBuf>,
}

impl CredentialSection {
    /// The credential, for the controller of this name.
    pub(super) fn read(&self, controller: &str) -> Result<Credential, Failure> {
        match (&self.user, &self.password_file, &self.client_id, &self.client_secret_file) {
            (Some(user), Some(file), None, None) => {
                Ok(Credential::Password { user: user.clone(), password: Secret::new(read_secret(file)?) })
            }
            (None, None, Some(id), Some(file)) => {
                Ok(Credential::ClientCredentials { id: id.clone(), secret: Secret::new(read_secret(file)?) })
            }
            _ => Err(Failure::usage(
                format!("controller `{controller}` has no complete credential"),
                "give `user` and `password_file`, or `client_id` and `client_secret_file`",
            )),
        }
    }
}
