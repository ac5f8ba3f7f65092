//! Error codes of the Juju API and the error that travels in replies and results (`rpc/params/apierror.go`).

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

macro_rules! codes {
    ($( $(#[$doc:meta])* $name:ident = $text:literal ),* $(,)?) => {
        /// A code of the Juju API: an English phrase that does not change between releases.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
        pub enum Code {
            $( #[doc = concat!("`", $text, "`.")] $(#[$doc])* $name, )*
            /// A code that this list does not have.
            Other(String),
            /// No code came with the error.
            #[default]
            None,
        }

        impl Code {
            /// Every code with a name.
            pub const ALL: &'static [Self] = &[$( Self::$name, )*];

            /// The phrase on the wire; empty for [`Code::None`].
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$name => $text, )*
                    Self::Other(text) => text,
                    Self::None => "",
                }
            }
        }

        impl From<&str> for Code {
            fn from(text: &str) -> Self {
                match text {
                    $( $text => Self::$name, )*
                    "" => Self::None,
                    other => Self::Other(other.to_owned()),
                }
            }
        }
    };
}

codes! {
    NotFound = "not found",
    UserNotFound = "user not found",
    ModelNotFound = "model not found",
    Unauthorized = "unauthorized access",
    SessionTokenInvalid = "session token invalid",
    LoginExpired = "login expired",
    NoCredentials = "no credentials provided",
    CannotEnterScope = "cannot enter scope",
    ExcessiveContention = "excessive contention",
    UnitHasSubordinates = "unit has subordinates",
    NotAssigned = "not assigned",
    Stopped = "stopped",
    Dead = "dead",
    MachineHasAssignedUnits = "machine has assigned units",
    ControllerHasHostedModels = "controller has hosted models",
    PersistentStorage = "controller/model has persistent storage",
    ModelNotEmpty = "model not empty",
    MachineHasAttachedStorage = "machine has attached storage",
    MachineHostsContainers = "machine is hosting containers",
    StorageAttached = "storage is attached",
    NotProvisioned = "not provisioned",
    NoAddressSet = "no address set",
    TryAgain = "try again",
    NotImplemented = "not implemented",
    AlreadyExists = "already exists",
    UpgradeInProgress = "upgrade in progress",
    MigrationInProgress = "model migration in progress",
    ActionNotAvailable = "action no longer available",
    OperationBlocked = "operation is blocked",
    LeadershipClaimDenied = "leadership claim denied",
    NotSupported = "not supported",
    BadRequest = "bad request",
    MethodNotAllowed = "method not allowed",
    Forbidden = "forbidden",
    DischargeRequired = "macaroon discharge required",
    RedirectionRequired = "redirection required",
    IncompatibleBase = "incompatible base",
    CloudRegionRequired = "cloud region required",
    IncompatibleClouds = "incompatible clouds",
    QuotaLimitExceeded = "quota limit exceeded",
    NotLeader = "not leader",
    DeadlineExceeded = "deadline exceeded",
    NotYetAvailable = "not yet available; try again later",
    NotValid = "not valid",
    AccessRequired = "access required",
    AppShouldNotHaveUnits = "application should not have units",
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// An error in a result: `{"message", "code", "info"?}`.
///
/// Displayed, it is the controller's sentence, with the code where the sentence does not contain it: some sentences, such as
/// `cannot add relation "a:b c:d": relation a:b c:d`, mean nothing without their code.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RemoteError {
    /// The controller's sentence.
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub code: Code,
    /// More of it, by code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<Value>,
}

impl fmt::Display for RemoteError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (message, code) = (self.message.as_str(), self.code.as_str());
        let sentence = message.to_lowercase();
        if message.is_empty() {
            return formatter.write_str(if code.is_empty() { "the controller gave no reason" } else { code });
        }
        if code.split_whitespace().all(|word| sentence.contains(word)) {
            return formatter.write_str(message);
        }
        write!(formatter, "{message} ({code})")
    }
}

impl std::error::Error for RemoteError {}

impl RemoteError {
    /// An error with a code and a sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { message: message.into(), code, info: None }
    }

    /// An error without a code, as the server gives for what it did not expect.
    pub fn plain(message: impl Into<String>) -> Self {
        Self::new(Code::None, message)
    }

    /// `{what} not found`, with its code.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("{what} not found"))
    }
}

/// A result that holds nothing but a possible error: `{}` or `{"error": {...}}`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ErrorResult {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

impl ErrorResult {
    /// The result of an item.
    pub fn of<T>(result: Result<T, RemoteError>) -> Self {
        Self { error: result.err() }
    }

    /// The item's error as a `Result`.
    ///
    /// # Errors
    /// The error of the item.
    pub fn into_result(self) -> Result<(), RemoteError> {
        self.error.map_or(Ok(()), Err)
    }
}

/// The answer of a bulk call with nothing but a possible error in each item: `{"results": [{}]}`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ErrorResults {
    #[serde(default, deserialize_with = "crate::method::null_is_empty")]
    pub results: Vec<ErrorResult>,
}

impl ErrorResults {
    /// The first error of any item.
    ///
    /// # Errors
    /// That error.
    pub fn into_result(self) -> Result<(), RemoteError> {
        self.results.into_iter().try_for_each(ErrorResult::into_result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displayed_error_contains_every_code_that_its_sentence_lacks() {
        for code in Code::ALL {
            let shown = RemoteError::new(code.clone(), "relation web:db db:server").to_string();
            assert_eq!(shown, format!("relation web:db db:server ({code})"));
            let phrase = format!("this is {code}");
            assert_eq!(RemoteError::new(code.clone(), phrase.clone()).to_string(), phrase, "not twice");
            assert_eq!(RemoteError::new(code.clone(), "").to_string(), code.as_str());
        }
        assert_eq!(RemoteError::plain("no space left").to_string(), "no space left");
        let found = RemoteError::new(Code::ModelNotFound, "model \"shop\" not found").to_string();
        assert_eq!(found, "model \"shop\" not found", "the words of the code are all there");
    }
}
