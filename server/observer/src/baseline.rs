//! A baseline: the state that a model should have.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The state that a model should have, saved from a model or read from a bundle. A field that is `None` is not compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Name of the controller.
    pub controller: Box<str>,
    /// UUID of the model.
    pub model_uuid: Box<str>,
    /// When it was saved.
    pub saved_at: DateTime<Utc>,
    /// Who saved it.
    pub saved_by: Box<str>,
    /// Applications by name; an application that is not here is drift.
    pub applications: BTreeMap<Box<str>, BaselineApplication>,
    /// Relations, each as its two ends `web:db` in alphabetical order, joined by a space; peers are not listed.
    pub relations: Option<Vec<Box<str>>>,
}

/// The state that an application should have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineApplication {
    /// Name of the charm, `postgresql`.
    pub charm: Box<str>,
    /// Revision of the charm.
    pub revision: Option<i64>,
    /// Number of units.
    pub units: Option<u64>,
    /// Whether it is exposed.
    pub exposed: Option<bool>,
    /// Constraints as Juju writes them, `cores=2 mem=4096M`.
    pub constraints: Option<Box<str>>,
    /// Options that are set; `None` where options are not compared. An option that is not here has its default.
    pub options: Option<BTreeMap<Box<str>, OptionValue>>,
}

/// The value of an option of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionValue {
    /// The value as text.
    Text(Box<str>),
    /// A hash of a secret value: it shows that the value differs, and no more.
    Hash(Box<str>),
}
