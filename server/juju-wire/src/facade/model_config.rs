//! Facade `ModelConfig`: settings and constraints of a model.

#![expect(missing_docs, reason = "the fields mirror `rpc/params` of Juju 3.6")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bulk::StringResult;
use crate::constraints::Constraints;
use crate::facade::application::config::SetConstraintsParams;

crate::methods! { ModelConfig {
    /// Constraints of the model.
    GetModelConstraints(read): () => GetConstraintsResults,
    /// Settings of the model.
    ModelGet(read): () => ModelConfigResults,
    /// Changes settings of the model.
    ModelSet(write): ModelSetParams => (),
    /// Resets settings of the model.
    ModelUnset(write): ModelUnsetParams => (),
    /// Service level of the model.
    SLALevel(read): () => StringResult,
    /// The next number of machines, units and the like.
    Sequences(read): () => ModelSequencesResult,
    /// Sets constraints of the model.
    SetModelConstraints(write): SetConstraintsParams => (),
    /// Sets the service level of the model.
    SetSLALevel(write): ModelSLA => (),
} }

/// What `ModelConfig.GetModelConstraints` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct GetConstraintsResults {
    pub constraints: Constraints,
}

/// What `ModelConfig.ModelGet` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelConfigResults {
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, ConfigValue>,
}

/// What `ModelConfig.ModelSet` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSetParams {
    #[serde(with = "crate::go::nil")]
    pub config: BTreeMap<String, Value>,
}

/// What `ModelConfig.ModelUnset` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelUnsetParams {
    #[serde(with = "crate::go::nil")]
    pub keys: Vec<String>,
}

/// What `ModelConfig.Sequences` answers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSequencesResult {
    /// Next number of each sequence.
    #[serde(with = "crate::go::nil")]
    pub sequences: BTreeMap<String, i64>,
}

/// What `ModelConfig.SetSLALevel` takes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ModelSLA {
    pub level: String,
    pub owner: String,
    pub creds: String,
}

/// A setting with where it was set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ConfigValue {
    pub value: Value,
    pub source: String,
}
