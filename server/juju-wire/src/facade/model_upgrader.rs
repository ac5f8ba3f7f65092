//! Facade `ModelUpgrader`: versions of a model's agents.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::go::is_default;

crate::methods! { ModelUpgrader {
    /// Stops the upgrade of a model.
    AbortModelUpgrade(write): ModelParam => (),
    /// Upgrades the agents of a model.
    UpgradeModel(write): UpgradeModelParams => UpgradeModelResult,
} }

/// What `ModelUpgrader.AbortModelUpgrade` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelParam {
    /// `model-<uuid>`.
    pub model_tag: String,
}

/// What `ModelUpgrader.UpgradeModel` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeModelParams {
    /// `model-<uuid>`.
    pub model_tag: String,
    pub target_version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_stream: String,
    /// Whether mixed versions of agents are accepted.
    #[serde(skip_serializing_if = "is_default")]
    pub ignore_agent_versions: bool,
    /// Whether only to say what would be done.
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
}

/// What `ModelUpgrader.UpgradeModel` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpgradeModelResult {
    pub chosen_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
