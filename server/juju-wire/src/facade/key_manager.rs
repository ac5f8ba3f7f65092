//! Facade `KeyManager`: SSH keys.

use serde::{Deserialize, Serialize};

use crate::bulk::StringsResults;
use crate::code::ErrorResults;
use crate::entity::Entities;

crate::methods! { KeyManager {
    /// Adds SSH keys.
    AddKeys(write): ModifyUserSSHKeys => ErrorResults,
    /// Removes SSH keys.
    DeleteKeys(read): ModifyUserSSHKeys => ErrorResults,
    /// Adds SSH keys from Launchpad or GitHub.
    ImportKeys(write): ModifyUserSSHKeys => ErrorResults,
    /// SSH keys.
    ListKeys(read): ListSSHKeys => StringsResults,
} }

/// What `KeyManager.AddKeys` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyUserSSHKeys {
    /// Name of the user.
    pub user: String,
    /// The keys, or their fingerprints or sources.
    #[serde(with = "crate::go::nil")]
    pub ssh_keys: Vec<String>,
}

/// What `KeyManager.ListKeys` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSSHKeys {
    /// The entities.
    pub entities: Entities,
    /// How it is to be done.
    pub mode: bool,
}
