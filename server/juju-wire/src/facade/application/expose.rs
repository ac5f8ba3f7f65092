//! Letting applications be reached from outside.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facade::client::application::ExposedEndpoint;
use crate::method::null_is_empty;

/// What `Application.Expose` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationExpose {
    pub application: String,
    /// Who may reach each endpoint; the empty name is all of them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "null_is_empty")]
    pub exposed_endpoints: BTreeMap<String, ExposedEndpoint>,
}

/// What `Application.Unexpose` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ApplicationUnexpose {
    pub application: String,
    /// Who may reach each endpoint; the empty name is all of them.
    #[serde(with = "crate::go::nil")]
    pub exposed_endpoints: Vec<String>,
}
