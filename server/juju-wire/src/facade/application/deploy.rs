//! Deploying a charm that the model has, giving an application another charm, bases and bindings.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::constraints::{Constraints, DeviceConstraints, Placement, StorageConstraints};
use crate::entity::Entity;
use crate::facade::application::config::StorageDirectives;
use crate::facade::application::origin::CharmOrigin;
use crate::method::null_is_empty;

/// What `Application.Deploy` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationsDeploy {
    #[serde(with = "crate::go::nil")]
    pub applications: Vec<ApplicationDeploy>,
}

/// What `Application.MergeBindings` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationMergeBindingsArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<ApplicationMergeBindings>,
}

/// What `Application.SetCharm` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationSetCharm {
    pub application: String,
    /// The branch; `master` is none.
    pub generation: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charm_origin: Option<CharmOrigin>,
    /// Channel, `14/stable`.
    pub channel: String,
    /// Settings by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config_settings: BTreeMap<String, String>,
    /// Settings as YAML.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub config_settings_yaml: String,
    pub force: bool,
    /// Whether units in error are upgraded too.
    pub force_units: bool,
    /// Whether an unsupported base is accepted.
    pub force_base: bool,
    /// Pending resource by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub resource_ids: BTreeMap<String, String>,
    /// What storage to make, by the charm's name for it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub storage_constraints: BTreeMap<String, StorageDirectives>,
    /// Space of each endpoint; the empty name is the default.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub endpoint_bindings: BTreeMap<String, String>,
}

/// What `Application.UpdateApplicationBase` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateChannelArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<UpdateChannelArg>,
}

/// An application that is to be deployed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationDeploy {
    pub application: String,
    /// URL of the charm, `ch:amd64/jammy/web-5`.
    pub charm_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charm_origin: Option<CharmOrigin>,
    /// Channel, `14/stable`.
    pub channel: String,
    pub num_units: i64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub config: BTreeMap<String, String>,
    /// Configuration as YAML.
    pub config_yaml: String,
    pub constraints: Constraints,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub placement: Vec<Option<Placement>>,
    /// Policy of placing, no longer used.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub policy: String,
    /// Storage, by the charm's name for it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub storage: BTreeMap<String, StorageConstraints>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub devices: BTreeMap<String, DeviceConstraints>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub attach_storage: Vec<String>,
    /// Space of each endpoint; the empty name is the default.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub endpoint_bindings: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub resources: BTreeMap<String, String>,
    /// Whether to go on despite a bad LXD profile.
    #[serde(rename = "Force")]
    pub force: bool,
}

/// New spaces for endpoints of an application.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationMergeBindings {
    /// `application-<name>`.
    pub application_tag: String,
    /// Space of each endpoint.
    #[serde(with = "crate::go::nil")]
    pub bindings: BTreeMap<String, String>,
    pub force: bool,
}

/// An entity and its new channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct UpdateChannelArg {
    pub tag: Entity,
    pub force: bool,
    /// Channel, `14/stable`.
    pub channel: String,
}
