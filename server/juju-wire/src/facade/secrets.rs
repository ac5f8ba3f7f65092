//! Facade `Secrets`: secrets of users and applications.

pub mod edit;
pub mod list;

use crate::bulk::StringResults;
use crate::code::ErrorResults;
use crate::facade::secrets::edit::{
    CreateSecretArgs, DeleteSecretArgs, GrantRevokeUserSecretArg, UpdateUserSecretArgs,
};
use crate::facade::secrets::list::{ListSecretResults, ListSecretsArgs};

crate::methods! { Secrets {
    /// Makes secrets.
    CreateSecrets(write): CreateSecretArgs => StringResults,
    /// Lets applications read a secret.
    GrantSecret(write): GrantRevokeUserSecretArg => ErrorResults,
    /// Secrets, with their contents if asked.
    ListSecrets(read): ListSecretsArgs => ListSecretResults,
    /// Removes secrets or revisions.
    RemoveSecrets(write): DeleteSecretArgs => ErrorResults,
    /// Takes the right to read a secret from applications.
    RevokeSecret(write): GrantRevokeUserSecretArg => ErrorResults,
    /// Changes secrets.
    UpdateSecrets(write): UpdateUserSecretArgs => ErrorResults,
} }
