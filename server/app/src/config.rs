//! The configuration file: typed, a section a struct, unknown names refused.

mod approvals;
mod limits;
mod oauth;
mod policy;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use ::policy::Binding;
use identity::{Token, TokenHash};
use juju_client::{Credential, Endpoint, Secret};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::failure::Failure;

pub(crate) use approvals::ApprovalsSection;
pub(crate) use limits::LimitsSection;
pub(crate) use oauth::OauthSection;
pub(crate) use policy::PolicySection;

/// All that `serve` can be told in a file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// Where to listen; `127.0.0.1:8080` unless given.
    #[schemars(with = "Option<String>")]
    pub(crate) listen: Option<SocketAddr>,
    /// Names that clients may reach the server by, as they stand in `Host`; loopback names are always among them.
    pub(crate) allowed_hosts: Vec<String>,
    /// Origins whose pages may call the server.
    pub(crate) allowed_origins: Vec<String>,
    /// Directory for ledger and keys.
    pub(crate) state: Option<PathBuf>,
    /// Juju client files to take controllers from, in place of `controllers`.
    pub(crate) juju_data: Option<PathBuf>,
    /// Controllers to operate.
    pub(crate) controllers: Vec<ControllerSection>,
    /// The controller that is meant where a call names none.
    pub(crate) default_controller: Option<String>,
    /// Bearer tokens, for where there is no identity provider.
    pub(crate) tokens: Vec<TokenSection>,
    /// How often and how much callers may ask.
    pub(crate) limits: LimitsSection,
    /// How humans are asked.
    pub(crate) approvals: ApprovalsSection,
    /// The identity provider whose tokens are taken.
    pub(crate) oauth: Option<OauthSection>,
    /// Who of the provider's users, groups and clients holds which roles.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub(crate) bindings: Vec<Binding>,
    /// Rules, and files with roles, bindings and rules of one's own.
    pub(crate) policy: PolicySection,
}

/// One controller.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ControllerSection {
    /// The name by which calls mean it.
    pub(crate) name: String,
    /// Addresses of its API, `host:port`.
    pub(crate) addresses: Vec<String>,
    /// File with the certificate of its authority, PEM; the system's authorities unless given.
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// User to log in as, with `password_file`.
    pub(crate) user: Option<String>,
    /// File with the user's password.
    pub(crate) password_file: Option<PathBuf>,
    /// Service account to log in as, with `client_secret_file`.
    pub(crate) client_id: Option<String>,
    /// File with the secret of the service account.
    pub(crate) client_secret_file: Option<PathBuf>,
}

/// One bearer token.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenSection {
    /// Role of whoever holds it.
    pub(crate) role: String,
    /// File with the token.
    pub(crate) file: PathBuf,
}

impl Config {
    /// Reads a configuration file.
    pub(crate) fn read(file: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
        serde_yaml::from_str(&text).map_err(|cause| {
            Failure::usage(
                format!("the configuration `{}` cannot be used: {cause}", file.display()),
                "`juju-mcp config schema` prints what it may hold",
            )
        })
    }

    /// The controllers of the file as the client wants them.
    pub(crate) fn endpoints(&self) -> Result<Vec<Endpoint>, Failure> {
        self.controllers.iter().map(ControllerSection::endpoint).collect()
    }
}

impl ControllerSection {
    fn endpoint(&self) -> Result<Endpoint, Failure> {
        let ca_certificate = self.ca_certificate_file.as_deref().map(read_text).transpose()?;
        let credential = match (&self.user, &self.password_file, &self.client_id, &self.client_secret_file) {
            (Some(user), Some(file), None, None) => {
                Credential::Password { user: user.clone(), password: Secret::new(read_text(file)?) }
            }
            (None, None, Some(id), Some(file)) => {
                Credential::ClientCredentials { id: id.clone(), secret: Secret::new(read_text(file)?) }
            }
            _ => {
                return Err(Failure::usage(
                    format!("controller `{}` has no complete credential", self.name),
                    "give `user` and `password_file`, or `client_id` and `client_secret_file`",
                ));
            }
        };
        Ok(Endpoint {
            name: self.name.clone(),
            uuid: None,
            addresses: self.addresses.clone(),
            ca_certificate,
            public_hostname: None,
            credential,
        })
    }
}

/// A file's text without the white space around it, which editors and `echo` leave.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|cause| Failure::file("read", file, &cause))?;
    Ok(text.trim().to_owned())
}

/// The hash of the token in a file.
pub(crate) fn read_token(file: &Path) -> Result<TokenHash, Failure> {
    let token = Token::given(&read_text(file)?);
    let token = token.map_err(|weak| {
        Failure::usage(format!("the token in `{}` cannot be used", file.display()), weak.to_string())
    })?;
    Ok(token.hash())
}
