//! One step of a bundle, and the order of steps.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::entity;

/// A machine that a step uses: one of the model, or the result of an earlier step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MachineRef {
    Existing(String),
    /// The machine that a step adds, or the machine of the unit that it adds.
    Step(usize),
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    AddCharm { application: String },
    Deploy { application: String },
    Upgrade { application: String },
    SetOptions { application: String, options: BTreeMap<String, Value> },
    SetConstraints { application: String },
    Expose { application: String },
    Scale { application: String },
    AnnotateApplication { application: String, annotations: BTreeMap<String, String> },
    AnnotateMachine { machine: MachineRef, annotations: BTreeMap<String, String> },
    AddMachine { base: Option<String>, constraints: String, container: String, parent: Option<MachineRef> },
    Consume { name: String },
    Offer { application: String, offer: String },
    Grant { offer: String, user: String, access: String },
    Relate { endpoints: [String; 2] },
    AddUnit { application: String, container: String, machine: Option<MachineRef> },
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) action: Action,
    /// Steps that have to be done before, by index.
    pub(super) requires: Vec<usize>,
    /// What it does, as the client writes it.
    pub(super) description: String,
}

/// All steps, while they are found.
#[derive(Debug, Default)]
pub(super) struct Steps(pub(super) Vec<Step>);

impl Steps {
    pub(super) fn add(&mut self, action: Action, requires: Vec<usize>, description: String) -> usize {
        self.0.push(Step { action, requires, description });
        self.0.len() - 1
    }

    /// The order in which the steps are done: that in which they were found, but each after what it requires.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut done = BTreeSet::new();
        let mut order = Vec::new();
        loop {
            let before = order.len();
            for (index, step) in self.0.iter().enumerate() {
                if !done.contains(&index) && step.requires.iter().all(|required| done.contains(required)) {
                    done.insert(index);
                    order.push(index);
                }
            }
            if order.len() == before {
                return order;
            }
        }
    }
}

/// Annotations that are new or have another text.
pub(super) fn changed(
    wanted: &BTreeMap<String, Value>,
    current: Option<&BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    let texts = wanted.iter().map(|(name, value)| (name.clone(), entity::text(value)));
    texts.filter(|(name, text)| current.and_then(|found| found.get(name)) != Some(text)).collect()
}

/// Names in the order in which people count: `web-2` before `web-10`.
pub(super) fn in_natural_order<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let key = |name: &String| {
        let mut parts: Vec<(String, u64)> = Vec::new();
        let mut rest = name.as_str();
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| letter.is_ascii_digit()).unwrap_or(rest.len());
            let (word, after) = rest.split_at(digits);
            let end = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
            parts.push((word.to_owned(), after[..end].parse().unwrap_or(0)));
            rest = &after[end..];
        }
        parts
    };
    let mut names: Vec<_> = names.collect();
    names.sort_by_cached_key(|name| key(name));
    names
}
