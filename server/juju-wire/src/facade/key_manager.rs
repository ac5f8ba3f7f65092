//! Facade `KeyManager`: SSH keys.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::bulk::StringsResults;
use crate::code::ErrorResults;
use crate::entity::Entities;

crate::methods! { KeyManager {
    /// Adds SSH keys.
    AddKeys(write): ModifyUserSSHKeys => ErrorResults,
    /// Removes SSH keys.
    DeleteKeys(write): ModifyUserSSHKeys => ErrorResults,
    /// Adds SSH keys from Launchpad or GitHub.
    ImportKeys(write): ModifyUserSSHKeys => ErrorResults,
    /// SSH keys.
    ListKeys(read): ListSSHKeys => StringsResults,
} }

/// What `KeyManager.AddKeys` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyUserSSHKeys {
    pub user: String,
    /// The keys, or their fingerprints or sources.
    #[serde(with = "crate::go::nil")]
    pub ssh_keys: Vec<String>,
}

/// What `KeyManager.ListKeys` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSSHKeys {
    pub entities: Entities,
    pub mode: bool,
}
