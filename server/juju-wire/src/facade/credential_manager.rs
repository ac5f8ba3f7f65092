//! Facade `CredentialManager`: the credential of the model.

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
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
