//! What can go wrong between this program and a controller: one sentence each, a code, and what to do.

use std::{fmt, time::Duration};

use juju_wire::RemoteError;

/// Why an answer of a controller could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// No controller of that name is known.
    #[error("no controller named {name:?} is known; known are: {}", list(.known))]
    ControllerUnknown {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// No controller was named and none is the default.
    #[error("no controller was named and none is the default; known are: {}", list(.known))]
    NoDefaultController {
        /// The names that there are.
        known: Vec<String>,
    },
    /// The endpoint cannot be used as it is configured.
    #[error("controller {controller:?} cannot be used as it is configured: {cause}")]
    Configuration {
        /// Name of the controller.
        controller: String,
        /// What is wrong with it.
        cause: String,
    },
    /// There is no credential with which this program can log in.
    #[error(
        "no password, client secret or session token of {user:?} is known for controller {controller:?}, and a log-in by macaroon cannot be used"
    )]
    NoCredential {
        /// Name of the controller.
        controller: String,
        /// Who wants to log in; empty where it is not known.
        user: String,
    },
    /// The log-in that `juju login` made with a browser is over.
    #[error("the session of {user:?} on controller {controller:?} has ended")]
    SessionEnded {
        /// Name of the controller.
        controller: String,
        /// Whose session.
        user: String,
    },
    /// No address of the controller answered.
    #[error("controller {controller:?} is not reachable: {}", failures(.tries))]
    Unreachable {
        /// Name of the controller.
        controller: String,
        /// Each address and why it failed.
        tries: Vec<AddressFailure>,
    },
    /// The controller's certificate does not come from the authority that is trusted.
    #[error("the certificate of controller {controller:?} is not trusted: {}", failures(.tries))]
    WrongCertificate {
        /// Name of the controller.
        controller: String,
        /// Each address and why it failed.
        tries: Vec<AddressFailure>,
    },
    /// The controller refused the log-in.
    #[error("controller {controller:?} refused the log-in of {user:?}: {message}")]
    LoginRefused {
        /// Name of the controller.
        controller: String,
        /// Who tried to log in.
        user: String,
        /// The controller's words.
        message: String,
    },
    /// The controller wants an interactive log-in.
    #[error("controller {controller:?} wants {user:?} to log in interactively")]
    InteractiveLogin {
        /// Name of the controller.
        controller: String,
        /// Who tried to log in.
        user: String,
    },
    /// The controller is of another major version than 3.
    #[error("controller {controller:?} runs Juju {version}, and this program speaks to Juju 3 only")]
    ControllerVersion {
        /// Name of the controller.
        controller: String,
        /// Its version.
        version: String,
    },
    /// The controller that answered is not the one that is configured.
    #[error("the address of controller {controller:?} leads to another controller, whose uuid is: {uuid}")]
    WrongController {
        /// Name of the controller.
        controller: String,
        /// UUID of the one that answered.
        uuid: String,
    },
    /// The model is not known to the controller, or not to this user.
    #[error("controller {controller:?} has no model {name:?} that this user can see{}", near_names(.near))]
    ModelUnknown {
        /// Name of the controller.
        controller: String,
        /// The name that was asked for.
        name: String,
        /// Names of models that are alike.
        near: Vec<String>,
    },
    /// Several users own a model of that name.
    #[error("several models are named {name:?}: {}", list(.models))]
    ModelAmbiguous {
        /// The name that was asked for.
        name: String,
        /// Their full names.
        models: Vec<String>,
    },
    /// The model went to another controller, and that one sends on too.
    #[error("controller {controller:?} sends on to another controller again, at: {}", list(.addresses))]
    Redirected {
        /// Name of the controller.
        controller: String,
        /// Where it sends.
        addresses: Vec<String>,
    },
    /// This side of the connection has no such facade.
    #[error("a connection to the {side} has no facade {facade:?} of a version that this program speaks")]
    FacadeMissing {
        /// The facade.
        facade: &'static str,
        /// `model` or `controller`.
        side: &'static str,
    },
    /// The controller refused or failed; the code says how.
    #[error("{0}")]
    Remote(RemoteError),
    /// No answer came in time; nothing was changed.
    #[error("{method} was not answered within {} s", .limit.as_secs_f32())]
    TimedOut {
        /// The method that was called.
        method: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// The connection broke before the answer came, and nothing was changed.
    #[error("the connection to controller {controller:?} broke during {method}: {cause}")]
    ConnectionLost {
        /// Name of the controller.
        controller: String,
        /// The method that was called.
        method: String,
        /// Why it broke.
        cause: Lost,
    },
    /// A change was asked for and the answer was lost: it may or may not have been made.
    #[error("it is not known whether {method} was carried out: {cause}")]
    UnknownOutcome {
        /// The method that was called.
        method: String,
        /// Why the answer was lost.
        cause: Lost,
    },
    /// The answer is not what this method answers in Juju 3.6.
    #[error("controller {controller:?} answered {method} in a form that is not Juju's: {cause}")]
    UnexpectedAnswer {
        /// Name of the controller.
        controller: String,
        /// The method that was called.
        method: String,
        /// Where it does not fit.
        cause: String,
    },
    /// The parameters cannot be written as JSON.
    #[error("the parameters of {method} cannot be written as JSON: {cause}")]
    Parameters {
        /// The method that was to be called.
        method: String,
        /// What is wrong with them.
        cause: String,
    },
}

/// One address that was dialled in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressFailure {
    /// `host:port`.
    pub address: String,
    /// Why it failed.
    pub cause: String,
}

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The controller closed it.
    #[error("the controller closed the connection")]
    Closed,
    /// The network failed.
    #[error("the network failed: {0}")]
    Network(String),
    /// Pings were not answered.
    #[error("the controller did not answer a ping within {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// No answer came in time.
    #[error("no answer came within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// What came was no frame of the Juju API.
    #[error("the controller sent something that is not a frame of the Juju API: {0}")]
    Malformed(String),
    /// This side closed it.
    #[error("this side closed the connection")]
    Dropped,
}

impl Error {
    /// A name for the kind of error that does not change: the controller's own code for its errors, else a phrase.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::ControllerUnknown { .. } => "controller unknown",
            Self::NoDefaultController { .. } => "no default controller",
            Self::Configuration { .. } => "configuration",
            Self::NoCredential { .. } => "no credential",
            Self::SessionEnded { .. } => "session ended",
            Self::Unreachable { .. } => "unreachable",
            Self::WrongCertificate { .. } => "wrong certificate",
            Self::LoginRefused { .. } => "login refused",
            Self::InteractiveLogin { .. } => "interactive login",
            Self::ControllerVersion { .. } => "controller version",
            Self::WrongController { .. } => "wrong controller",
            Self::ModelUnknown { .. } => "model not found",
            Self::ModelAmbiguous { .. } => "model ambiguous",
            Self::Redirected { .. } => "redirected",
            Self::FacadeMissing { .. } => "not supported",
            Self::Remote(error) if error.code.as_str().is_empty() => "remote",
            Self::Remote(error) => error.code.as_str(),
            Self::TimedOut { .. } => "timed out",
            Self::ConnectionLost { .. } => "connection lost",
            Self::UnknownOutcome { .. } => "unknown outcome",
            Self::UnexpectedAnswer { .. } => "unexpected answer",
            Self::Parameters { .. } => "parameters",
        }
    }

    /// What the caller can do about it, where there is something: one sentence, beginning in lower case.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let text = match self {
            Self::ControllerUnknown { .. } | Self::NoDefaultController { .. } => {
                "name one of the known controllers, or add it to the configuration"
            }
            Self::Configuration { .. } => "correct this controller's addresses and CA certificate in the configuration",
            Self::NoCredential { .. } => {
                "write `password: ...` under this controller into the Juju client's accounts.yaml, or give a user with a password, or a client id and secret, in the configuration of `juju-mcp serve`"
            }
            Self::SessionEnded { controller, .. } => {
                return Some(format!("log in again with `juju login -c {controller}`, then start juju-mcp again"));
            }
            Self::Unreachable { .. } => {
                "check that the controller runs and that its addresses can be reached from here"
            }
            Self::WrongCertificate { .. } => {
                "take the `ca-cert` of this controller from `juju show-controller`, and check that nothing stands in between"
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
            Self::FacadeMissing { side: "model", .. } => "ask the controller rather than a model of it",
            Self::FacadeMissing { .. } => "name a model",
            Self::TimedOut { .. } | Self::ConnectionLost { .. } => "try again; nothing was changed",
            Self::UnknownOutcome { .. } => {
                "look at the present state first (for instance with `juju_status`), and repeat the call only if it was not done"
            }
            Self::UnexpectedAnswer { .. } => "check that the controller is of Juju 3.6, and report this",
            Self::Parameters { .. } => return None,
            Self::Remote(error) => return remote_remedy(error).map(str::to_owned),
        };
        Some(text.to_owned())
    }

    /// The controller's own error, where it is one.
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteError> {
        if let Self::Remote(error) = self { Some(error) } else { None }
    }

    /// Whether dialling again later can help.
    pub(crate) fn passes(&self) -> bool {
        use juju_wire::Code;
        match self {
            Self::Unreachable { .. } | Self::ConnectionLost { .. } | Self::TimedOut { .. } => true,
            Self::Remote(error) => {
                matches!(error.code, Code::TryAgain | Code::UpgradeInProgress | Code::NotYetAvailable)
            }
            _ => false,
        }
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
            "say what is to become of the storage: destroy or release it"
        }
        Code::MachineHasAssignedUnits | Code::MachineHostsContainers => {
            "remove the units and containers of the machine first, or use force"
        }
        Code::QuotaLimitExceeded => "free some of the quota, or have it raised",
        _ => return None,
    })
}

fn list(names: &[String]) -> impl fmt::Display {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn near_names(near: &[String]) -> impl fmt::Display {
    if near.is_empty() { String::new() } else { format!("; alike are: {}", near.join(", ")) }
}

fn failures(tries: &[AddressFailure]) -> impl fmt::Display {
    tries.iter().map(|failure| format!("{} ({})", failure.address, failure.cause)).collect::<Vec<_>>().join(", ")
}
