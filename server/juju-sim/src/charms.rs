//! Charms that the simulated store has.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

/// A charm.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Charm {
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) revision: i64,
    pub(crate) version: String,
    #[serde(default = "latest")]
    pub(crate) channels: Vec<String>,
    #[serde(default)]
    pub(crate) provides: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) requires: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) peers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) config: BTreeMap<String, CharmOption>,
    #[serde(default)]
    pub(crate) actions: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) subordinate: bool,
}

/// An option of a charm.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CharmOption {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) default: Value,
    pub(crate) description: String,
}

fn latest() -> Vec<String> {
    ["stable", "candidate", "beta", "edge"].map(|risk| format!("latest/{risk}")).to_vec()
}

impl Charm {
    /// `ch:amd64/postgresql-363`.
    pub(crate) fn url(&self, revision: i64) -> String {
        format!("ch:amd64/{}-{revision}", self.name)
    }
}

/// All charms by name.
#[derive(Debug, Clone)]
pub(crate) struct Charms(BTreeMap<String, Arc<Charm>>);

impl Charms {
    /// The charms that are part of the program.
    ///
    /// # Errors
    /// Never in a program whose tests passed.
    pub(crate) fn shipped() -> Result<Self, serde_yaml::Error> {
        let charms: BTreeMap<String, Charm> = serde_yaml::from_str(include_str!("charms/catalogue.yaml"))?;
        Ok(Self(charms.into_iter().map(|(name, charm)| (name.clone(), Arc::new(Charm { name, ..charm }))).collect()))
    }

    /// The same with further charms.
    pub(crate) fn with(mut self, charms: BTreeMap<String, Charm>) -> Self {
        self.0.extend(charms.into_iter().map(|(name, charm)| (name.clone(), Arc::new(Charm { name, ..charm }))));
        self
    }

    /// The charm of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Charm>> {
        self.0.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_charm_can_be_read() {
        let charms = Charms::shipped().expect("readable");
        assert!(charms.get("postgresql").is_some_and(|charm| charm.channels.contains(&"14/stable".to_owned())));
        assert_eq!(charms.get("nothing").map(|charm| charm.name.clone()), None);
    }
}
