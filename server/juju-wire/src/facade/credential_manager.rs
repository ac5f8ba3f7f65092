//! Facade `CredentialManager`: the credential of the model.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::ErrorResult;

crate::methods! { CredentialManager {
    /// Marks the model's credential as one that does not work.
    InvalidateModelCredential(write): InvalidateCredentialArg => ErrorResult,
} }

/// What `CredentialManager.InvalidateModelCredential` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct InvalidateCredentialArg {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
