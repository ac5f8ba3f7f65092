//! Errors between this program and a controller: each has one sentence, a stable code and a remedy.

use std::{fmt, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use juju_wire::RemoteError;

/// An error of a connection to a controller or of a call.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The configuration has no controller of this name.
    #[error("no controller named {name:?} is known; known are: {}", list(.known))]
    ControllerUnknown {
        /// The requested name.
        name: String,
        /// Names of all controllers.
        known: Vec<String>,
    },
    /// The call names no controller, and there is no default.
    #[error("no controller was named and none is the default; known are: {}", list(.known))]
    NoDefaultController {
        /// Names of all controllers.
        known: Vec<String>,
    },
    /// The endpoint cannot be used as it is configured.
    #[error("controller {controller:?} cannot be used as it is configured: {cause}")]
    Configuration {
        /// Name of the controller.
        controller: String,
        /// Reason, for a person.
        cause: String,
    },
    /// The client's files or the configuration have no usable credential.
    #[error(
        "no password, client secret or session token of {user:?} is known for controller {controller:?}, and a log-in by macaroon cannot be used"
    )]
    NoCredential {
        /// Name of the controller.
        controller: String,
        /// Name of the user; empty if unknown.
        user: String,
    },
    /// The session token of `juju login` has expired.
    #[error("the session of {user:?} on controller {controller:?} has ended")]
    SessionEnded {
        /// Name of the controller.
        controller: String,
        /// Name of the user.
        user: String,
    },
    /// The controller does not accept the token by which a caller logs in as itself.
    #[error("controller {controller:?} does not accept the login token of {user:?}: {message}")]
    LoginTokenRefused {
        /// Name of the controller.
        controller: String,
        /// User that the token names.
        user: String,
        /// Message of the controller.
        message: String,
    },
    /// This program cannot sign a login token.
    #[error("no login token of {user:?} for controller {controller:?} can be signed: {message}")]
    NoLoginToken {
        /// Name of the controller.
        controller: String,
        /// User that the token would name.
        user: String,
        /// Reason, for a person.
        message: String,
    },
    /// No connection to any address of the controller.
    #[error("controller {controller:?} is not reachable: {}", failures(.attempts))]
    Unreachable {
        /// Name of the controller.
        controller: String,
        /// Error of each address.
        attempts: Vec<AddressFailure>,
    },
    /// The controller was away at the last attempt; the call was not sent.
    #[error(
        "controller {controller:?} is away since {} ({} s): {cause}; {}",
        .since.to_rfc3339_opts(SecondsFormat::Secs, true), seconds_since(.since), next(*.next_attempt)
    )]
    Away {
        /// Name of the controller.
        controller: String,
        /// Time of the first failure.
        since: DateTime<Utc>,
        /// The last failure.
        cause: Box<Error>,
        /// Time until the next attempt; `None` while one is under way.
        next_attempt: Option<Duration>,
    },
    /// The files that name the controllers cannot be read, or name none.
    #[error("{problem}")]
    NoControllers {
        /// The error of the files.
        problem: String,
        /// What to do about it.
        remedy: String,
    },
    /// The controller's certificate is not from the trusted authority.
    #[error("the certificate of controller {controller:?} is not trusted: {}", failures(.attempts))]
    WrongCertificate {
        /// Name of the controller.
        controller: String,
        /// Error of each address.
        attempts: Vec<AddressFailure>,
    },
    /// The controller rejected the log-in.
    #[error("controller {controller:?} refused the log-in of {user:?}: {message}")]
    LoginRefused {
        /// Name of the controller.
        controller: String,
        /// Name of the user.
        user: String,
        /// Message of the controller.
        message: String,
    },
    /// The controller requires an interactive log-in.
    #[error("controller {controller:?} wants {user:?} to log in interactively")]
    InteractiveLogin {
        /// Name of the controller.
        controller: String,
        /// Name of the user.
        user: String,
    },
    /// The controller has another major version than 3.
    #[error("controller {controller:?} runs Juju {version}, and this program supports Juju 3 only")]
    ControllerVersion {
        /// Name of the controller.
        controller: String,
        /// Version of the controller.
        version: String,
    },
    /// The address belongs to another controller.
    #[error("the address of controller {controller:?} leads to another controller with the uuid {uuid}")]
    WrongController {
        /// Name of the controller.
        controller: String,
        /// UUID of the other controller.
        uuid: String,
    },
    /// The controller has no such model, or this user cannot see it.
    #[error("controller {controller:?} has no model {name:?} that this user can see{}", suggestion(.similar))]
    ModelUnknown {
        /// Name of the controller.
        controller: String,
        /// The requested name.
        name: String,
        /// Full names of similar models.
        similar: Vec<String>,
    },
    /// Several users own a model of that name.
    #[error("several models are named {name:?}: {}", list(.models))]
    ModelAmbiguous {
        /// The requested name.
        name: String,
        /// Full names of the models.
        models: Vec<String>,
    },
    /// The model has moved, and its new controller redirects again.
    #[error("controller {controller:?} redirects to another controller again, at: {}", list(.addresses))]
    Redirected {
        /// Name of the controller.
        controller: String,
        /// Addresses of the redirection.
        addresses: Vec<String>,
    },
    /// The connection has no facade of a supported version.
    #[error("a connection to the {side} has no facade {facade:?} of a version that this program supports")]
    FacadeMissing {
        /// Name of the facade.
        facade: &'static str,
        /// `model` or `controller`.
        side: &'static str,
    },
    /// The controller returned an error.
    #[error("{0}")]
    Remote(RemoteError),
    /// No reply to a read within the timeout.
    #[error("{method} was not answered within {} s", .limit.as_secs_f32())]
    TimedOut {
        /// The called method.
        method: String,
        /// The timeout.
        limit: Duration,
    },
    /// The connection broke, and the call changed nothing.
    #[error("the connection to controller {controller:?} broke during {method}: {cause}")]
    ConnectionLost {
        /// Name of the controller.
        controller: String,
        /// The called method.
        method: String,
        /// Reason of the disconnection.
        cause: DisconnectReason,
    },
    /// The reply to a write was lost: the change may be complete, partial or missing.
    #[error("it is not known whether {method} was executed: {cause}")]
    UnknownOutcome {
        /// The called method.
        method: String,
        /// Reason of the loss.
        cause: DisconnectReason,
    },
    /// The reply does not have the form of Juju 3.6.
    #[error("controller {controller:?} answered {method} in a form that is not Juju's: {cause}")]
    UnexpectedAnswer {
        /// Name of the controller.
        controller: String,
        /// The called method.
        method: String,
        /// Position of the mismatch.
        cause: String,
    },
    /// The parameters cannot be written as JSON.
    #[error("the parameters of {method} cannot be written as JSON: {cause}")]
    Parameters {
        /// The method.
        method: String,
        /// Error of the encoder.
        cause: String,
    },
}

/// A failed attempt to connect to one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressFailure {
    /// `host:port`.
    pub address: String,
    /// Reason, for a person.
    pub cause: String,
}

/// Reason for the end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisconnectReason {
    /// The controller closed it.
    #[error("the controller closed the connection")]
    Closed,
    /// The network failed.
    #[error("the network failed: {0}")]
    Network(String),
    /// The controller did not reply to a ping.
    #[error("the controller did not answer a ping within {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// The controller did not reply in time.
    #[error("no answer came within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// The controller sent something that is not a frame of the Juju API.
    #[error("the controller sent something that is not a frame of the Juju API: {0}")]
    Malformed(String),
    /// This side closed it.
    #[error("this side closed the connection")]
    Dropped,
}

impl Error {
    /// Stable code of the error: an identifier.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ControllerUnknown { .. } => "controller_unknown",
            Self::NoDefaultController { .. } => "no_default_controller",
            Self::Configuration { .. } => "configuration",
            Self::NoCredential { .. } => "no_credential",
            Self::SessionEnded { .. } => "session_ended",
            Self::LoginTokenRefused { .. } => "login_token_refused",
            Self::NoLoginToken { .. } => "no_login_token",
            Self::Unreachable { .. } => "unreachable",
            Self::Away { cause, .. } => cause.code(),
            Self::NoControllers { .. } => "no_controllers",
            Self::WrongCertificate { .. } => "wrong_certificate",
            Self::LoginRefused { .. } => "login_refused",
            Self::InteractiveLogin { .. } => "interactive_login",
            Self::ControllerVersion { .. } => "controller_version",
            Self::WrongController { .. } => "wrong_controller",
            Self::ModelUnknown { .. } => "model_not_found",
            Self::ModelAmbiguous { .. } => "model_ambiguous",
            Self::Redirected { .. } => "redirected",
            Self::FacadeMissing { .. } => "not_supported",
            Self::Remote(error) => remote_code(error),
            Self::TimedOut { .. } => "timed_out",
            Self::ConnectionLost { .. } => "connection_lost",
            Self::UnknownOutcome { .. } => "outcome_unknown",
            Self::UnexpectedAnswer { .. } => "unexpected_answer",
            Self::Parameters { .. } => "parameters",
        }
    }

    /// What the caller can do, if anything: one sentence that begins in lower case.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::ControllerUnknown { .. } | Self::NoDefaultController { .. } => {
                "name one of the known controllers, or add it to the configuration"
            }
            Self::Configuration { .. } => "correct this controller's addresses and CA certificate in the configuration",
            Self::NoCredential { .. } => {
                "write the key `password` under this controller into the Juju client's accounts.yaml, or give a user with a password, or a client id and secret, in the configuration of `juju-mcp serve`"
            }
            Self::SessionEnded { controller, .. } => {
                return Some(format!("log in again with `juju login -c {controller}`, and call again"));
            }
            Self::LoginTokenRefused { .. } => {
                "nothing was changed; an operator of this server runs `juju-mcp doctor`, and checks that the controller was bootstrapped with the `login-token-refresh-url` of this server, can fetch it, and has the right time (docs/act-as-caller.md)"
            }
            Self::NoLoginToken { .. } => {
                "nothing was changed; an operator of this server checks its state directory with `juju-mcp doctor`"
            }
            Self::Away { cause, .. } => {
                let remedy = cause.remedy().unwrap_or_default();
                return Some(format!("nothing was sent; call again after the next attempt, and {remedy}"));
            }
            Self::NoControllers { remedy, .. } => remedy,
            Self::Unreachable { .. } => {
                "check that the controller runs and that its addresses can be reached from here"
            }
            Self::WrongCertificate { .. } => {
                "take the `ca-cert` of this controller from `juju show-controller`, and check that no proxy replaces it"
            }
            Self::LoginRefused { .. } => {
                "check the user name and password, and that the user is enabled on the controller"
            }
            Self::InteractiveLogin { .. } => "give a local user with a password, or a client id and secret",
            Self::ControllerVersion { .. } => "use a controller of Juju 3.6",
            Self::WrongController { .. } => "correct the address or the uuid of this controller in the configuration",
            Self::ModelUnknown { .. } => "list the models with `juju_models`, or have access granted with `juju grant`",
            Self::ModelAmbiguous { .. } => "name the owner too, as in `admin/prod`",
            Self::Redirected { .. } => "add the controller that has the model now",
            Self::FacadeMissing { side: "model", .. } => "call the controller, not a model of it",
            Self::FacadeMissing { .. } => "name a model",
            Self::TimedOut { .. } | Self::ConnectionLost { .. } => "try again; nothing was changed",
            Self::UnknownOutcome { .. } => {
                "check the present state first (for instance with `juju_status`), and repeat the call only if the change is missing"
            }
            Self::UnexpectedAnswer { .. } => "check that the controller is of Juju 3.6, and report this",
            Self::Parameters { .. } => return None,
            Self::Remote(error) => return remote_remedy(error).map(str::to_owned),
        };
        Some(text.to_owned())
    }

    /// The controller's own error, if it is one.
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteError> {
        if let Self::Remote(error) = self { Some(error) } else { None }
    }

    /// Whether the address, the certificates or the credential of the endpoint can be the cause.
    pub(crate) fn depends_on_endpoint(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::WrongCertificate { .. }
                | Self::WrongController { .. }
                | Self::LoginRefused { .. }
                | Self::SessionEnded { .. }
                | Self::InteractiveLogin { .. }
                | Self::NoCredential { .. }
        )
    }

    /// Whether the connection failed, so that the same call can succeed on a later one.
    #[must_use]
    pub fn is_connection_failure(&self) -> bool {
        self.remote().is_none() && self.is_transient()
    }

    /// Whether a later attempt to connect can succeed.
    pub(crate) fn is_transient(&self) -> bool {
        use juju_wire::Code;
        match self {
            Self::Unreachable { .. } | Self::Away { .. } | Self::ConnectionLost { .. } | Self::TimedOut { .. } => true,
            Self::Remote(error) => {
                matches!(error.code, Code::TryAgain | Code::UpgradeInProgress | Code::NotYetAvailable)
            }
            _ => false,
        }
    }
}

/// An identifier for the controller's own code, which is a phrase: a short list, since it is a label too.
fn remote_code(error: &RemoteError) -> &'static str {
    use juju_wire::Code;
    match &error.code {
        Code::NotFound => "not_found",
        Code::UserNotFound => "user_not_found",
        Code::ModelNotFound => "model_not_found",
        Code::AlreadyExists => "already_exists",
        Code::Unauthorized | Code::Forbidden | Code::AccessRequired => "unauthorized",
        Code::OperationBlocked => "operation_blocked",
        Code::TryAgain | Code::ExcessiveContention | Code::NotYetAvailable => "try_again",
        Code::UpgradeInProgress => "upgrade_in_progress",
        Code::MigrationInProgress => "migration_in_progress",
        Code::NotImplemented | Code::NotSupported => "not_supported",
        Code::BadRequest | Code::NotValid => "invalid_request",
        Code::ModelNotEmpty
        | Code::PersistentStorage
        | Code::MachineHasAttachedStorage
        | Code::MachineHasAssignedUnits
        | Code::MachineHostsContainers
        | Code::StorageAttached
        | Code::UnitHasSubordinates => "in_use",
        Code::QuotaLimitExceeded => "quota_exceeded",
        Code::DeadlineExceeded => "timed_out",
        _ => "juju_error",
    }
}

fn remote_remedy(error: &RemoteError) -> Option<&'static str> {
    use juju_wire::Code;
    Some(match &error.code {
        Code::Unauthorized | Code::Forbidden | Code::AccessRequired => {
            "ask an administrator of the controller or the model to grant this user the access it needs"
        }
        Code::OperationBlocked => "lift the block with `juju enable-command`, if it may be lifted",
        Code::TryAgain | Code::ExcessiveContention | Code::NotYetAvailable => "try again in a moment",
        Code::UpgradeInProgress | Code::MigrationInProgress => "wait until it has ended, then try again",
        Code::NotImplemented => "use a controller of Juju 3.6",
        Code::ModelNotEmpty => "remove what the model holds first, or destroy it together with that",
        Code::PersistentStorage | Code::MachineHasAttachedStorage | Code::StorageAttached => {
            "choose whether to destroy or to release the storage"
        }
        Code::MachineHasAssignedUnits | Code::MachineHostsContainers => {
            "remove the units and containers of the machine first, or use force"
        }
        Code::QuotaLimitExceeded => "free some of the quota, or have it raised",
        _ => return None,
    })
}

fn seconds_since(since: &DateTime<Utc>) -> i64 {
    (Utc::now() - since).num_seconds().max(0)
}

fn next(attempt: Option<Duration>) -> String {
    match attempt {
        Some(delay) => format!("the next attempt is in {} s", delay.as_millis().div_ceil(1000)),
        None => "an attempt is under way".to_owned(),
    }
}

fn list(names: &[String]) -> impl fmt::Display {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn suggestion(similar: &[String]) -> impl fmt::Display {
    if similar.is_empty() { String::new() } else { format!("; did you mean: {}?", similar.join(", ")) }
}

fn failures(attempts: &[AddressFailure]) -> impl fmt::Display {
    attempts.iter().map(|failure| format!("{} ({})", failure.address, failure.cause)).collect::<Vec<_>>().join(", ")
}
