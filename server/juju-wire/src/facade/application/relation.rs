//! Relating endpoints.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::facade::application::origin::CharmRelation;
use crate::method::null_is_empty;

/// What `Application.AddRelation` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddRelationParams {
    #[serde(with = "crate::go::nil")]
    pub endpoints: Vec<String>,
    /// Networks from which traffic comes.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub via_cidrs: Vec<String>,
}

/// What `Application.AddRelation` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AddRelationResults {
    #[serde(with = "crate::go::nil")]
    pub endpoints: BTreeMap<String, CharmRelation>,
}

/// What `Application.DestroyRelation` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct DestroyRelationParams {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub endpoints: Vec<String>,
    pub relation_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<bool>,
    /// How long to wait before forcing, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_wait: Option<i64>,
}

/// What `Application.SetRelationsSuspended` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RelationSuspendedArgs {
    #[serde(with = "crate::go::nil")]
    pub args: Vec<RelationSuspendedArg>,
}

/// A relation that is to be suspended or resumed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RelationSuspendedArg {
    pub relation_id: i64,
    pub message: String,
    pub suspended: bool,
}
