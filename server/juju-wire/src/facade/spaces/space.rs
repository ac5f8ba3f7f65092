//! Making, listing, renaming and removing spaces.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Entity;
use crate::facade::spaces::subnet::Subnet;
use crate::go::is_default;
use crate::method::null_is_empty;

/// What `Spaces.CreateSpaces` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CreateSpacesParams {
    #[serde(with = "crate::go::nil")]
    pub spaces: Vec<CreateSpaceParams>,
}

/// What `Spaces.ListSpaces` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSpacesResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<Space>,
}

/// What `Spaces.RemoveSpace` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveSpaceParams {
    #[serde(with = "crate::go::nil")]
    pub space_param: Vec<RemoveSpaceParam>,
}

/// What `Spaces.RemoveSpace` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveSpaceResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<RemoveSpaceResult>,
}

/// What `Spaces.RenameSpace` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RenameSpacesParams {
    #[serde(with = "crate::go::nil")]
    pub changes: Vec<RenameSpaceParams>,
}

/// What `Spaces.ShowSpace` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ShowSpaceResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ShowSpaceResult>,
}

/// A space that is to be made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CreateSpaceParams {
    /// Networks, `10.0.0.0/24`.
    #[serde(with = "crate::go::nil")]
    pub cidrs: Vec<String>,
    /// `space-<name>`.
    pub space_tag: String,
    pub public: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
}

/// A space with its subnets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Space {
    pub id: String,
    pub name: String,
    #[serde(deserialize_with = "null_is_empty")]
    pub subnets: Vec<Subnet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A space that is to be removed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveSpaceParam {
    pub space: Entity,
    #[serde(skip_serializing_if = "is_default")]
    pub force: bool,
    /// Whether only to say what would be done.
    #[serde(skip_serializing_if = "is_default")]
    pub dry_run: bool,
}

/// One item of what `Spaces.RemoveSpace` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RemoveSpaceResult {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub constraints: Vec<Entity>,
    /// Space of each endpoint.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub bindings: Vec<Entity>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub controller_settings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A space and its new name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RenameSpaceParams {
    pub from_space_tag: String,
    pub to_space_tag: String,
}

/// One item of what `Spaces.ShowSpace` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ShowSpaceResult {
    pub space: Space,
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<String>,
    pub machine_count: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}
