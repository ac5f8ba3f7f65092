//! One fully described intention, the same for policy, approval, dry run, idempotency and ledger.

use serde::{Deserialize, Serialize};

use crate::fingerprint;

/// The worst that an act can do to an estate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Reads state that any viewer may see.
    Read,
    /// Reads secrets or the content of workloads.
    Sensitive,
    /// Changes state, and can be undone.
    Write,
    /// Changes state, and cannot be undone.
    Destructive,
}

impl Effect {
    /// Whether it changes anything.
    #[must_use]
    pub fn changes(self) -> bool {
        self >= Self::Write
    }

    /// `read`, `sensitive`, `write`, `destructive`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sensitive => "sensitive",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }
}

/// One fully described intention: what a tool made of a caller's arguments before anything was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// Name of the tool, `juju_add_unit`; of the inner one where a catch-all tool was called.
    pub tool: String,
    /// The worst that it can do with these arguments.
    pub effect: Effect,
    /// Controller it acts on; empty where it needs none.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub controller: String,
    /// Model it acts in, `admin/prod`; empty where it acts on the controller itself.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub model: String,
    /// Entities that it touches, as Juju's tags: `application-web`.
    pub targets: Vec<String>,
    /// The arguments as checked against the schema, without the options that say how to answer.
    pub arguments: serde_json::Value,
}

impl Act {
    /// Where it acts, `prod:admin/shop`; empty where it needs no controller.
    #[must_use]
    pub fn place(&self) -> String {
        let names = [self.controller.as_str(), self.model.as_str()];
        names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(":")
    }

    /// SHA-256 over the act, hexadecimal, whatever the order of its arguments. An approval or an idempotency key is bound to it.
    #[must_use]
    pub fn digest(&self) -> String {
        // an act holds only strings, lists and JSON values, so it can always be written
        fingerprint(&serde_json::to_value(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn any_difference_changes_the_digest() {
        let act = Act {
            tool: "juju_add_unit".into(),
            effect: Effect::Write,
            controller: "prod".into(),
            model: "admin/shop".into(),
            targets: vec!["application-web".into()],
            arguments: json!({"application": "web", "num_units": 2}),
        };
        let others = [
            Act { model: "admin/shop2".into(), ..act.clone() },
            Act { controller: "dev".into(), ..act.clone() },
            Act { arguments: json!({"application": "web", "num_units": 3}), ..act.clone() },
            Act { targets: vec![], ..act.clone() },
            Act { effect: Effect::Destructive, ..act.clone() },
        ];
        assert_eq!(act.digest(), act.clone().digest());
        let turned = Act { arguments: json!({"num_units": 2, "application": "web"}), ..act.clone() };
        assert_eq!(act.digest(), turned.digest(), "the order of names means nothing");
        for other in others {
            assert_ne!(act.digest(), other.digest());
        }
    }
}
