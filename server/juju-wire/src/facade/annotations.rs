//! Facade `Annotations`: notes on entities.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ErrorResult;
use crate::code::ErrorResults;
use crate::entity::Entities;
use crate::method::null_is_empty;

crate::methods! { Annotations {
    /// Notes of entities.
    Get(read): Entities => AnnotationsGetResults,
    /// Changes notes of entities.
    Set(write): AnnotationsSet => ErrorResults,
} }

/// What `Annotations.Get` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AnnotationsGetResults {
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<AnnotationsGetResult>,
}

/// What `Annotations.Set` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AnnotationsSet {
    #[serde(with = "crate::go::nil")]
    pub annotations: Vec<EntityAnnotations>,
}

/// One item of what `Annotations.Get` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AnnotationsGetResult {
    pub entity: String,
    /// Notes by name; none beside an error.
    pub annotations: Option<BTreeMap<String, String>>,
    pub error: ErrorResult,
}

/// Notes of an entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EntityAnnotations {
    pub entity: String,
    #[serde(with = "crate::go::nil")]
    pub annotations: BTreeMap<String, String>,
}
