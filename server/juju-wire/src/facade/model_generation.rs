//! Facade `ModelGeneration`: branches, which hold settings back for some units.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bulk::{BoolResult, IntResult};
use crate::code::ErrorResults;
use crate::entity::Entity;
use crate::go::is_default;
use crate::method::null_is_empty;
use crate::{ErrorResult, RemoteError};

crate::methods! { ModelGeneration {
    /// Drops a branch.
    AbortBranch(write): BranchArg => ErrorResult,
    /// Makes a branch.
    AddBranch(write): BranchArg => ErrorResult,
    /// Branches with their changes.
    BranchInfo(read): BranchInfoArgs => BranchResults,
    /// Makes a branch's changes those of the model.
    CommitBranch(write): BranchArg => IntResult,
    /// Whether there is such a branch.
    HasActiveBranch(read): BranchArg => BoolResult,
    /// Committed branches.
    ListCommits(read): () => BranchResults,
    /// One committed branch.
    ShowCommit(read): GenerationId => GenerationResult,
    /// Puts units on a branch.
    TrackBranch(write): BranchTrackArg => ErrorResults,
} }

/// What `ModelGeneration.AbortBranch` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BranchArg {
    pub branch: String,
}

/// What `ModelGeneration.BranchInfo` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BranchInfoArgs {
    /// The branches, by name.
    #[serde(with = "crate::go::nil")]
    pub branches: Vec<String>,
    pub detailed: bool,
}

/// What `ModelGeneration.BranchInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BranchResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub generations: Vec<Generation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// What `ModelGeneration.ShowCommit` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct GenerationId {
    pub generation_id: i64,
}

/// What `ModelGeneration.ShowCommit` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct GenerationResult {
    /// The branch; `master` is none.
    pub generation: Generation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// What `ModelGeneration.TrackBranch` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct BranchTrackArg {
    pub branch: String,
    #[serde(with = "crate::go::nil")]
    pub entities: Vec<Entity>,
    #[serde(skip_serializing_if = "is_default")]
    pub num_units: i64,
}

/// A branch or a commit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Generation {
    pub branch: String,
    pub created: i64,
    pub created_by: String,
    /// When it ended, RFC 3339.
    #[serde(skip_serializing_if = "is_default")]
    pub completed: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub completed_by: String,
    #[serde(skip_serializing_if = "is_default")]
    pub generation_id: i64,
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<GenerationApplication>,
}

/// What a branch changes at an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct GenerationApplication {
    pub application: String,
    /// How many units are on the branch, `1/3`.
    pub progress: String,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub tracking: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub pending: Vec<String>,
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
}
