//! Facade `SecretBackends`: where secrets are stored.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

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
    #[serde(with = "crate::go::nil")]
    pub args: Vec<AddSecretBackendArg>,
}

/// What `SecretBackends.ListSecretBackends` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSecretBackendsArgs {
    #[serde(with = "crate::go::nil")]
    pub names: Vec<String>,
    /// Whether secret settings are wanted.
    pub reveal: bool,
}

/// What `SecretBackends.ListSecretBackends` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSecretBackendsResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<SecretBackendResult>,
}

/// What `SecretBackends.RemoveSecretBackends` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveSecretBackendArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<RemoveSecretBackendArg>,
}

/// What `SecretBackends.UpdateSecretBackends` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateSecretBackendArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<UpdateSecretBackendArg>,
}

/// A backend that is to be added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddSecretBackendArg {
    pub name: String,
    /// Kind of backend, `vault`.
    pub backend_type: String,
    /// How often its token is renewed, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_rotate_interval: Option<i64>,
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
}

/// A backend that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveSecretBackendArg {
    pub name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}

/// A backend that is to be changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateSecretBackendArg {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_change: Option<String>,
    /// How often its token is renewed, in nanoseconds.
    pub token_rotate_interval: Option<i64>,
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
    #[serde(with = "crate::go::nil")]
    pub reset: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
}
