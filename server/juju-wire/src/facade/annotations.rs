//! Facade `Annotations`: notes on entities.

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
    /// One for each item that was asked for, in order.
    #[serde(deserialize_with = "null_is_empty")]
    pub results: Vec<AnnotationsGetResult>,
}

/// What `Annotations.Set` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AnnotationsSet {
    /// Notes by name.
    #[serde(with = "crate::go::nil")]
    pub annotations: Vec<EntityAnnotations>,
}

/// One item of what `Annotations.Get` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AnnotationsGetResult {
    /// The entity.
    pub entity: String,
    /// Notes by name; none beside an error.
    pub annotations: Option<BTreeMap<String, String>>,
    /// Why this one failed.
    pub error: ErrorResult,
}

/// Notes of an entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct EntityAnnotations {
    /// The entity.
    pub entity: String,
    /// Notes by name.
    #[serde(with = "crate::go::nil")]
    pub annotations: BTreeMap<String, String>,
}
