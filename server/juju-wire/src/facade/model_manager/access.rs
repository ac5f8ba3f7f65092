//! Access to models.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

/// What `ModelManager.ModifyModelAccess` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyModelAccessRequest {
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<ModifyModelAccessParams>,
}

/// A change of a user's access to a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyModelAccessParams {
    /// `user-<name>`.
    pub user_tag: String,
    pub action: String,
    pub access: String,
    /// `model-<uuid>`.
    pub model_tag: String,
}
