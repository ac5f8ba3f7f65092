//! Subnets in spaces.

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Life;
use crate::method::null_is_empty;

/// What `Spaces.MoveSubnets` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MoveSubnetsParams {
    /// The items, in order.
    #[serde(with = "crate::go::nil")]
    pub args: Vec<MoveSubnetsParam>,
}

/// What `Spaces.MoveSubnets` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MoveSubnetsResults {
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<MoveSubnetsResult>,
}

/// Subnets that are to move to a space.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MoveSubnetsParam {
    /// The subnets.
    #[serde(with = "crate::go::nil")]
    pub subnets: Vec<String>,
    /// `space-<name>`.
    pub space_tag: String,
    /// Whether to go on despite errors.
    pub force: bool,
}

/// One item of what `Spaces.MoveSubnets` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MoveSubnetsResult {
    /// Subnets that moved.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub moved_subnets: Vec<MovedSubnet>,
    /// Space that they are in now.
    pub new_space: String,
    /// Why this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A subnet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Subnet {
    /// Network, `10.0.0.0/24`.
    pub cidr: String,
    /// Id that the cloud gave it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_id: String,
    /// The cloud's id of the network.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_network_id: String,
    /// The cloud's id of the space.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub provider_space_id: String,
    /// VLAN number; 0 is none.
    pub vlan_tag: i64,
    /// Whether it is alive, dying or dead.
    pub life: Life,
    /// `space-<name>`.
    pub space_tag: String,
    /// Availability zones.
    #[serde(with = "crate::go::nil")]
    pub zones: Vec<String>,
    /// Its status.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
}

/// A subnet that moved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct MovedSubnet {
    /// Tag of the subnet.
    pub subnet: String,
    /// Space that it was in.
    pub old_space: String,
    /// Network, `10.0.0.0/24`.
    pub cidr: String,
}
