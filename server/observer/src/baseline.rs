//! A baseline: the state that a model should have.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use estate::ApplicationNode;
use serde::{Deserialize, Serialize};

use crate::{ModelFacts, charm_of, constraints_text, relation_text};

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

impl Baseline {
    /// The state of a model, with the options of its applications that are set.
    #[must_use]
    pub fn from_facts(
        facts: &ModelFacts<'_>,
        options: &BTreeMap<Box<str>, BTreeMap<Box<str>, OptionValue>>,
        saved_by: &str,
    ) -> Self {
        let application = |(name, node): (&Arc<str>, &ApplicationNode)| {
            let (charm, revision) = charm_of(&node.charm);
            let units = facts.units().filter(|(_, unit)| unit.application == *name).count() as u64;
            let application = BaselineApplication {
                charm: charm.into(),
                revision,
                units: (!node.subordinate).then_some(units),
                exposed: Some(node.exposed),
                constraints: Some(constraints_text(node.constraints.as_deref()).into()),
                options: options.get(&**name).cloned(),
            };
            (Box::from(&**name), application)
        };
        let relations = facts.graph.relations.values().filter_map(relation_text).map(Into::into);
        Self {
            controller: facts.model.controller.clone(),
            model_uuid: facts.model.uuid.clone(),
            saved_at: facts.now,
            saved_by: saved_by.into(),
            applications: facts.graph.applications.iter().map(application).collect(),
            relations: Some(relations.collect()),
        }
    }
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
