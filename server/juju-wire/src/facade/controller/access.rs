//! Access to the controller.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::method::null_is_empty;

/// What `Controller.GetControllerAccess` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserAccessResults {
    /// One for each item that was asked for, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<UserAccessResult>,
}

/// What `Controller.ModifyControllerAccess` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyControllerAccessRequest {
    /// What changed.
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<ModifyControllerAccessParams>,
}

/// One item of what `Controller.GetControllerAccess` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserAccessResult {
    /// What was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<UserAccess>,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A change of a user's access to the controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyControllerAccessParams {
    /// `user-<name>`.
    pub user_tag: String,
    /// What to do.
    pub action: String,
    /// Level of access.
    pub access: String,
}

/// A user's access.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserAccess {
    /// `user-<name>`.
    pub user_tag: String,
    /// Level of access.
    pub access: String,
}
