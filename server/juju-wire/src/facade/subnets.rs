//! Facade `Subnets`: subnets and availability zones.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use serde::{Deserialize, Serialize};

use crate::RemoteError;
use crate::entity::Life;
use crate::facade::spaces::subnet::Subnet;
use crate::method::null_is_empty;

crate::methods! { Subnets {
    /// Availability zones.
    AllZones(read): () => ZoneResults,
    /// Subnets that fit a filter.
    ListSubnets(read): SubnetsFilters => ListSubnetsResults,
    /// Subnets by their networks.
    SubnetsByCIDR(read): CIDRParams => SubnetsResults,
} }

/// What `Subnets.AllZones` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ZoneResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<ZoneResult>,
}

/// What `Subnets.ListSubnets` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SubnetsFilters {
    /// `space-<name>`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub space_tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub zone: String,
}

/// What `Subnets.ListSubnets` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ListSubnetsResults {
    #[serde(with = "crate::go::nil")]
    pub results: Vec<Subnet>,
}

/// What `Subnets.SubnetsByCIDR` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CIDRParams {
    /// Networks, `10.0.0.0/24`.
    #[serde(with = "crate::go::nil")]
    pub cidrs: Vec<String>,
}

/// What `Subnets.SubnetsByCIDR` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SubnetsResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<SubnetsResult>,
}

/// One item of what `Subnets.AllZones` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ZoneResult {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
    pub name: String,
    pub available: bool,
}

/// One item of what `Subnets.SubnetsByCIDR` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SubnetsResult {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub subnets: Vec<SubnetV2>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<RemoteError>,
}

/// A subnet with its id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct SubnetV2 {
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
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
}
