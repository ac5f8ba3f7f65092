//! The configuration of an application or model, without its values: they may be secrets.

use std::{
    collections::BTreeMap,
    fmt,
    hash::{DefaultHasher, Hasher},
};

use crate::entity_change::EntityChange;

/// A hash of the value of each option, by name: enough to see which options change.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfigurationNode(BTreeMap<Box<str>, u64>);

impl ConfigurationNode {
    pub(super) fn read<V: fmt::Display>(config: &BTreeMap<String, V>) -> Self {
        let hash = |value: &V| {
            let mut hasher = DefaultHasher::new();
            hasher.write(value.to_string().as_bytes());
            hasher.finish()
        };
        Self(config.iter().map(|(name, value)| (name.as_str().into(), hash(value))).collect())
    }

    /// The options that differ; `None` if none does.
    pub(super) fn change(&self, old: &Self) -> Option<EntityChange> {
        let changed = self.0.iter().filter(|(name, hash)| old.0.get(*name) != Some(hash));
        let unset = old.0.iter().filter(|(name, _)| !self.0.contains_key(*name));
        let mut options: Vec<_> = changed.chain(unset).map(|(name, _)| name.clone()).collect();
        options.sort();
        (!options.is_empty()).then_some(EntityChange::Options { options })
    }
}

/// Prints names only.
impl fmt::Debug for ConfigurationNode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}
