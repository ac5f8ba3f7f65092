//! Log-in by a signed token that names the caller of this program and what one act may do (`apiserver/authentication/jwt`).

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use crate::{Credential, Secret, error::Error};

/// Lifetime of a login token, and the longest time for which a connection that it opened serves new calls. Juju checks a token
/// at the log-in only.
pub const LOGIN_TOKEN_LIFETIME: Duration = Duration::from_mins(2);

/// Access to a model, as Juju orders it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ModelAccess {
    /// Sees the model.
    Read,
    /// Changes what is in the model.
    Write,
    /// Changes the model itself, and opens shells in it.
    Admin,
}

impl ModelAccess {
    /// The word of Juju.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// What happens to an act if the controller does not accept the token of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfTokenRefused {
    /// The act fails.
    #[default]
    Reject,
    /// The act runs with the credential of the caller's role.
    UseCredential,
}

/// The caller of one act at the controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerLogin {
    /// User of Juju with its domain, `ana@example.com`.
    pub user: String,
    /// Roles of the caller; another list of roles never uses the connections of this one.
    pub roles: Vec<String>,
    /// Access of the act to its model.
    pub access: ModelAccess,
}

/// Content of a login token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginGrant {
    /// User of Juju with its domain, without the prefix `user-`.
    pub user: String,
    /// UUID of the controller, the audience.
    pub controller_uuid: String,
    /// Access by tag: `model-UUID` to `write`.
    pub access: BTreeMap<String, &'static str>,
}

impl LoginGrant {
    /// Access of `login` to one model of a controller.
    pub(crate) fn to_model(login: &CallerLogin, controller_uuid: &str, model_uuid: &str) -> Self {
        let access = [
            (format!("controller-{controller_uuid}"), "login"),
            (format!("model-{model_uuid}"), login.access.as_str()),
        ];
        Self { user: login.user.clone(), controller_uuid: controller_uuid.to_owned(), access: access.into() }
    }

    /// Access to log in to a controller, and to nothing there.
    pub(crate) fn to_controller(user: &str, controller_uuid: &str) -> Self {
        let access = [(format!("controller-{controller_uuid}"), "login")].into();
        Self { user: user.to_owned(), controller_uuid: controller_uuid.to_owned(), access }
    }
}

/// Signs login tokens.
pub trait SignLoginToken: Send + Sync {
    /// A signed token, valid for [`LOGIN_TOKEN_LIFETIME`].
    ///
    /// # Errors
    /// One sentence, why there is none.
    fn sign(&self, grant: &LoginGrant) -> Result<Secret, String>;

    /// Domain of the users that the tokens name.
    fn user_domain(&self) -> &str;
}

/// The signer of login tokens, and the controllers that callers log in to as themselves.
#[derive(Clone)]
pub struct LoginTokens {
    signer: Arc<dyn SignLoginToken>,
    controllers: BTreeMap<String, IfTokenRefused>,
}

impl LoginTokens {
    /// Tokens of `signer` for these controllers.
    #[must_use]
    pub fn new(signer: Arc<dyn SignLoginToken>, controllers: BTreeMap<String, IfTokenRefused>) -> Self {
        Self { signer, controllers }
    }

    /// Domain of the users that the tokens name.
    #[must_use]
    pub fn user_domain(&self) -> &str {
        self.signer.user_domain()
    }

    /// The controllers that callers log in to as themselves.
    #[must_use]
    pub fn controllers(&self) -> &BTreeMap<String, IfTokenRefused> {
        &self.controllers
    }

    /// Whether callers log in to this controller as themselves, and what happens if it refuses.
    pub(crate) fn of_controller(&self, name: &str) -> Option<IfTokenRefused> {
        self.controllers.get(name).copied()
    }
}

impl fmt::Debug for LoginTokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("LoginTokens").field("controllers", &self.controllers).finish_non_exhaustive()
    }
}

/// The log-in of one connection by token. Each log-in signs a new one.
#[derive(Debug, Clone)]
pub(crate) struct TokenLogin {
    pub(crate) grant: LoginGrant,
    pub(crate) tokens: LoginTokens,
}

impl TokenLogin {
    /// A credential with a new token.
    pub(crate) fn credential(&self, controller: &str) -> Result<Credential, Error> {
        let user = self.grant.user.clone();
        match self.tokens.signer.sign(&self.grant) {
            Ok(token) => Ok(Credential::LoginToken { user, token }),
            Err(message) => Err(Error::NoLoginToken { controller: controller.to_owned(), user, message }),
        }
    }
}
