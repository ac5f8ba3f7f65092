//! Charms that the simulated store has.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

/// A charm.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Charm {
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) summary: String,
    /// What it is for; default: the summary.
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) revision: i64,
    /// Workload version that the units report.
    pub(crate) version: String,
    /// The version text that the charm contains; status shows it beside the revision.
    #[serde(default)]
    pub(crate) build: String,
    /// Workload status message of units that are active.
    #[serde(default)]
    pub(crate) active_message: String,
    #[serde(default = "latest")]
    pub(crate) channels: Vec<String>,
    #[serde(default)]
    pub(crate) provides: BTreeMap<String, Endpoint>,
    #[serde(default)]
    pub(crate) requires: BTreeMap<String, Endpoint>,
    #[serde(default)]
    pub(crate) peers: BTreeMap<String, Endpoint>,
    #[serde(default)]
    pub(crate) config: BTreeMap<String, CharmOption>,
    #[serde(default)]
    pub(crate) actions: BTreeMap<String, CharmAction>,
    #[serde(default)]
    pub(crate) subordinate: bool,
    #[serde(default)]
    pub(crate) storage: BTreeMap<String, CharmStorage>,
    #[serde(default)]
    pub(crate) resources: BTreeMap<String, CharmResource>,
    /// Its URL without the revision, if it was uploaded and is not of the store.
    #[serde(skip)]
    pub(crate) local: Option<String>,
}

/// An endpoint of a charm; in short, only its interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "EndpointText")]
pub(crate) struct Endpoint {
    pub(crate) interface: String,
    /// Whether the charm works without it.
    pub(crate) optional: bool,
    /// How many relations it takes at most; 0 for any number.
    pub(crate) limit: i64,
    /// `global`, or `container` for one that relates only within one machine.
    pub(crate) scope: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum EndpointText {
    Short(String),
    Long {
        interface: String,
        #[serde(default)]
        optional: bool,
        #[serde(default)]
        limit: i64,
        #[serde(default)]
        scope: Option<String>,
    },
}

impl From<EndpointText> for Endpoint {
    fn from(text: EndpointText) -> Self {
        let global = || "global".to_owned();
        match text {
            EndpointText::Short(interface) => Self { interface, optional: false, limit: 0, scope: global() },
            EndpointText::Long { interface, optional, limit, scope } => {
                Self { interface, optional, limit, scope: scope.unwrap_or_else(global) }
            }
        }
    }
}

/// An option of a charm.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CharmOption {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) default: Value,
    #[serde(default)]
    pub(crate) description: String,
}

/// An action of a charm; in short, only its description.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "ActionText")]
pub(crate) struct CharmAction {
    pub(crate) description: String,
    /// Parameters as JSON Schema.
    pub(crate) params: BTreeMap<String, Value>,
    pub(crate) required: Vec<String>,
    /// Units, by number, on which the action fails, with the failure message.
    pub(crate) fails: BTreeMap<u32, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ActionText {
    Short(String),
    Long {
        #[serde(default)]
        description: String,
        #[serde(default)]
        params: BTreeMap<String, Value>,
        #[serde(default)]
        required: Vec<String>,
        #[serde(default)]
        fails: BTreeMap<u32, String>,
    },
}

impl From<ActionText> for CharmAction {
    fn from(text: ActionText) -> Self {
        match text {
            ActionText::Short(description) => Self { description, ..Self::default() },
            ActionText::Long { description, params, required, fails } => Self { description, params, required, fails },
        }
    }
}

/// Storage that every unit of a charm has.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct CharmStorage {
    /// `filesystem` or `block`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) description: String,
    /// Where it is mounted.
    pub(crate) location: String,
    /// `100M`.
    pub(crate) minimum_size: String,
}

impl CharmStorage {
    /// Smallest size in MiB; nothing where the charm does not say.
    pub(crate) fn minimum(&self) -> u64 {
        let digits = self.minimum_size.trim_end_matches(|letter: char| !letter.is_ascii_digit());
        let number: u64 = digits.parse().unwrap_or_default();
        match self.minimum_size.as_bytes().get(digits.len()) {
            Some(b'G') => number.saturating_mul(1024),
            Some(b'T') => number.saturating_mul(1024 * 1024),
            _ => number,
        }
    }
}

/// A file or an image that a charm wants.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(crate) struct CharmResource {
    /// `file` or `oci-image`.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(alias = "path")]
    pub(crate) filename: String,
    pub(crate) description: String,
    /// Revision in the store; default: 1.
    pub(crate) revision: Option<i64>,
}

fn latest() -> Vec<String> {
    ["stable", "candidate", "beta", "edge"].map(|risk| format!("latest/{risk}")).to_vec()
}

impl Charm {
    /// `ch:amd64/postgresql-363`, or `local:theirs-0`.
    pub(crate) fn url(&self, revision: i64) -> String {
        match &self.local {
            Some(local) => format!("{local}-{revision}"),
            None => format!("ch:amd64/{}-{revision}", self.name),
        }
    }

    /// All endpoints, each with its role and name: what it requires first, then what it provides, then its peers.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (&'static str, &String, &Endpoint)> {
        let sides = [("requirer", &self.requires), ("provider", &self.provides), ("peer", &self.peers)];
        sides.into_iter().flat_map(|(role, sides)| sides.iter().map(move |(name, side)| (role, name, side)))
    }

    /// What it is for.
    pub(crate) fn description(&self) -> &str {
        if self.description.is_empty() { &self.summary } else { &self.description }
    }
}

/// All charms by name.
#[derive(Debug, Clone)]
pub(crate) struct Charms(BTreeMap<String, Arc<Charm>>);

impl Charms {
    /// The charms that are part of the program, read from their YAML once when a simulator starts.
    ///
    /// # Errors
    /// The embedded catalogue is not valid YAML; a test excludes that.
    pub(crate) fn builtin() -> Result<Self, serde_yaml::Error> {
        Ok(Self(BTreeMap::new()).with(serde_yaml::from_str(include_str!("charms/catalogue.yaml"))?))
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
    fn builtin_charms_are_valid() {
        let charms = Charms::builtin().expect("readable");
        assert!(charms.get("postgresql").is_some_and(|charm| charm.channels.contains(&"14/stable".to_owned())));
        assert_eq!(charms.get("nothing").map(|charm| charm.name.clone()), None);
    }
}
