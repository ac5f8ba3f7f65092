//! Access to the controller.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::method::null_is_empty;

/// What `Controller.GetControllerAccess` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserAccessResults {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub results: Vec<UserAccessResult>,
}

/// What `Controller.ModifyControllerAccess` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyControllerAccessRequest {
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<ModifyControllerAccessParams>,
}

/// One item of what `Controller.GetControllerAccess` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserAccessResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<UserAccess>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A change of a user's access to the controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModifyControllerAccessParams {
    /// `user-<name>`.
    pub user_tag: String,
    pub action: String,
    pub access: String,
}

/// A user's access.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserAccess {
    /// `user-<name>`.
    pub user_tag: String,
    pub access: String,
}
