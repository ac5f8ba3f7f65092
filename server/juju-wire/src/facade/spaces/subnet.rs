//! Subnets in spaces.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Life;
use crate::method::null_is_empty;

/// What `Spaces.MoveSubnets` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MoveSubnetsParams {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<MoveSubnetsParam>,
}

/// What `Spaces.MoveSubnets` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MoveSubnetsResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<MoveSubnetsResult>,
}

/// Subnets that are to move to a space.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MoveSubnetsParam {
    #[serde(with = "crate::go::nil")]
    pub subnets: Vec<String>,
    /// `space-<name>`.
    pub space_tag: String,
    pub force: bool,
}

/// One item of what `Spaces.MoveSubnets` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MoveSubnetsResult {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub moved_subnets: Vec<MovedSubnet>,
    pub new_space: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A subnet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Subnet {
    /// Network, `10.0.0.0/24`.
    pub cidr: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_network_id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_space_id: String,
    /// VLAN number; 0 is none.
    pub vlan_tag: i64,
    pub life: Life,
    /// `space-<name>`.
    pub space_tag: String,
    #[serde(with = "crate::go::nil")]
    pub zones: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
}

/// A subnet that moved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MovedSubnet {
    pub subnet: String,
    pub old_space: String,
    /// Network, `10.0.0.0/24`.
    pub cidr: String,
}
