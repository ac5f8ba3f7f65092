//! Facade `UserManager`: users of the controller.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::code::ErrorResults;
use crate::entity::{Entities, Entity};
use crate::facade::model_manager::info::ModelUser;
use crate::method::null_is_empty;

crate::methods! { UserManager {
    /// Adds users.
    AddUser(write): AddUsers => AddUserResults,
    /// Keeps users from logging in.
    DisableUser(write): Entities => ErrorResults,
    /// Lets disabled users log in again.
    EnableUser(write): Entities => ErrorResults,
    /// Users of models.
    ModelUserInfo(read): Entities => ModelUserInfoResults,
    /// Removes users.
    RemoveUser(write): Entities => ErrorResults,
    /// Takes users' passwords away, so that they register again.
    ResetPassword(write): Entities => AddUserResults,
    /// Sets users' passwords.
    SetPassword(write): EntityPasswords => ErrorResults,
    /// Users of the controller.
    UserInfo(read): UserInfoRequest => UserInfoResults,
} }

/// What `UserManager.AddUser` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddUsers {
    #[serde(with = "crate::go::nil")]
    pub users: Vec<NewUser>,
}

/// What `UserManager.AddUser` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddUserResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<AddUserResult>,
}

/// What `UserManager.ModelUserInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelUserInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ModelUserInfoResult>,
}

/// What `UserManager.SetPassword` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EntityPasswords {
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<EntityPassword>,
}

/// What `UserManager.UserInfo` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserInfoRequest {
    #[serde(with = "crate::go::nil")]
    pub entities: Vec<Entity>,
    /// Whether disabled users are wanted too.
    pub include_disabled: bool,
}

/// What `UserManager.UserInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserInfoResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<UserInfoResult>,
}

/// A user that is to be added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct NewUser {
    pub username: String,
    pub display_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub password: String,
}

/// One item of what `UserManager.AddUser` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddUserResult {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// Key for `juju register`, base64.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub secret_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// One item of what `UserManager.ModelUserInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelUserInfoResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ModelUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A user and the new password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EntityPassword {
    pub tag: String,
    pub password: String,
}

/// One item of what `UserManager.UserInfo` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserInfoResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<UserDetails>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A user of the controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UserDetails {
    pub username: String,
    pub display_name: String,
    pub access: String,
    pub created_by: String,
    /// When it was made, RFC 3339.
    #[serde(with = "crate::go::time")]
    pub date_created: String,
    /// When they were last connected, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_connection: Option<String>,
    /// Whether the user cannot log in.
    pub disabled: bool,
}
