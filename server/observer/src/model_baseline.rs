//! The baseline that the present state of a model is.

use std::{collections::BTreeMap, sync::Arc};

use estate::ApplicationNode;

use crate::{Baseline, BaselineApplication, ModelFacts, OptionValue, charm_of, constraints_text, relation_text};

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
