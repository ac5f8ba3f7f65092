//! Facade `SecretBackends`: where secrets are kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::code::ErrorResults;
use crate::facade::model_manager::info::SecretBackendResult;
use crate::go::is_default;
use crate::method::null_is_empty;

crate::methods! { SecretBackends {
    /// Adds backends for secrets.
    AddSecretBackends(write): AddSecretBackendArgs => ErrorResults,
    /// Backends for secrets.
    ListSecretBackends(read): ListSecretBackendsArgs => ListSecretBackendsResults,
    /// Removes backends for secrets.
    RemoveSecretBackends(write): RemoveSecretBackendArgs => ErrorResults,
    /// Changes backends for secrets.
    UpdateSecretBackends(write): UpdateSecretBackendArgs => ErrorResults,
} }

/// What `SecretBackends.AddSecretBackends` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddSecretBackendArgs {
    /// The items, in order.
    #[serde(with = "crate::go::nil")]
    pub args: Vec<AddSecretBackendArg>,
}

/// What `SecretBackends.ListSecretBackends` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSecretBackendsArgs {
    /// Names to look for.
    #[serde(with = "crate::go::nil")]
    pub names: Vec<String>,
    /// Whether secret settings are wanted.
    pub reveal: bool,
}

/// What `SecretBackends.ListSecretBackends` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSecretBackendsResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<SecretBackendResult>,
}

/// What `SecretBackends.RemoveSecretBackends` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveSecretBackendArgs {
    /// The items, in order.
    #[serde(with = "crate::go::nil")]
    pub args: Vec<RemoveSecretBackendArg>,
}

/// What `SecretBackends.UpdateSecretBackends` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateSecretBackendArgs {
    /// The items, in order.
    #[serde(with = "crate::go::nil")]
    pub args: Vec<UpdateSecretBackendArg>,
}

/// A backend that is to be added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddSecretBackendArg {
    /// Its name.
    pub name: String,
    /// Kind of backend, `vault`.
    pub backend_type: String,
    /// How often its token is renewed, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_rotate_interval: Option<i64>,
    /// Its configuration.
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
    /// Its id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
}

/// A backend that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveSecretBackendArg {
    /// Its name.
    pub name: String,
    /// Whether to go on despite errors.
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}

/// A backend that is to be changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateSecretBackendArg {
    /// Its name.
    pub name: String,
    /// New name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_change: Option<String>,
    /// How often its token is renewed, in nanoseconds.
    pub token_rotate_interval: Option<i64>,
    /// Its configuration.
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
    /// Names of settings to reset.
    #[serde(with = "crate::go::nil")]
    pub reset: Vec<String>,
    /// Whether to go on despite errors.
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}
