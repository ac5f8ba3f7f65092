//! Access to models.

use serde::{Deserialize, Serialize};

/// What `ModelManager.ModifyModelAccess` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyModelAccessRequest {
    /// What changed.
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<ModifyModelAccessParams>,
}

/// A change of a user's access to a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyModelAccessParams {
    /// `user-<name>`.
    pub user_tag: String,
    /// What to do.
    pub action: String,
    /// Level of access.
    pub access: String,
    /// `model-<uuid>`.
    pub model_tag: String,
}
