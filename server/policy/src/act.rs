//! One fully described intended operation, the same for policy, approval, dry run, idempotency and ledger.

use serde::{Deserialize, Serialize};

use crate::{Impact, Target, fingerprint, redact, redact::redact_target};

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

/// One fully described intended operation: what a tool made of a caller's arguments, before anything is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// Name of the tool, `juju_add_unit`; of the inner one where a catch-all tool was called.
    pub tool: String,
    /// The worst that it can do with these arguments.
    pub effect: Effect,
    /// What it acts on.
    #[serde(flatten)]
    pub target: Target,
    /// What it takes from elsewhere: the offer of another model or controller.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Target>,
    /// What it does.
    #[serde(skip_serializing_if = "Impact::is_empty", default)]
    pub impact: Impact,
    /// The arguments as checked against the schema, without the options for location, view and execution.
    pub arguments: serde_json::Value,
}

impl Act {
    /// An act of this program itself, with no controller, impact or arguments.
    pub fn new(tool: impl Into<String>, effect: Effect) -> Self {
        Self {
            tool: tool.into(),
            effect,
            target: Target::default(),
            source: None,
            impact: Impact::default(),
            arguments: serde_json::Value::Object(serde_json::Map::new()),
        }
    }

    /// The same at a location, with the entities there.
    #[must_use]
    pub fn with_target(self, target: Target) -> Self {
        Self { target, ..self }
    }

    /// The same with arguments.
    #[must_use]
    pub fn with_arguments(self, arguments: serde_json::Value) -> Self {
        Self { arguments, ..self }
    }

    /// Name of its controller, where it has one.
    #[must_use]
    pub fn controller(&self) -> Option<&str> {
        self.target.location.controller()
    }

    /// Name of its model, where it has one.
    #[must_use]
    pub fn model(&self) -> Option<&str> {
        self.target.location.model()
    }

    /// The same without the secrets in any of its texts: what ledger, approvals, console and answers show of it. Its digest differs.
    #[must_use]
    pub fn without_secrets(&self) -> Self {
        // built by member: the arguments may be large and are not cloned
        let impact = match serde_json::to_value(&self.impact).map(|impact| redact(&impact)) {
            Ok(impact) if self.impact != Impact::default() => serde_json::from_value(impact).unwrap_or_default(),
            _ => Impact::default(),
        };
        Self {
            tool: self.tool.clone(),
            effect: self.effect,
            target: redact_target(&self.target),
            source: self.source.as_ref().map(redact_target),
            impact,
            arguments: redact(&self.arguments),
        }
    }

    /// SHA-256 over the act, hexadecimal, whatever the order of its arguments. An approval is bound to it.
    #[must_use]
    pub fn digest(&self) -> String {
        // an act holds only strings, lists and JSON values, so it can always be written
        fingerprint(&serde_json::to_value(self).unwrap_or_default())
    }

    /// SHA-256 over what the caller requested: tool, location and arguments. Unlike [`Act::digest`] it does not change with the state
    /// of the model, which decides about effect and entities. An idempotency key is bound to it.
    #[must_use]
    pub fn request_digest(&self) -> String {
        fingerprint(&serde_json::json!({
            "tool": self.tool, "location": self.target.location, "arguments": self.arguments,
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Capability, TargetEntity};

    #[test]
    fn digest_changes_with_any_difference_of_the_act() {
        let target = |controller: &str, model: &str| {
            Target::in_model(controller, model, [TargetEntity::Known("application-web".into())])
        };
        let act = Act::new("juju_add_unit", Effect::Write)
            .with_target(target("prod", "admin/shop"))
            .with_arguments(json!({"application": "web", "num_units": 2}));
        let others = [
            act.clone().with_target(target("prod", "admin/shop2")),
            act.clone().with_target(target("dev", "admin/shop")),
            act.clone().with_arguments(json!({"application": "web", "num_units": 3})),
            act.clone().with_target(Target::from_location(act.target.location.clone())),
            Act { effect: Effect::Destructive, ..act.clone() },
            Act { source: Some(target("prod", "admin/other")), ..act.clone() },
            Act { impact: Impact::default().with_capability(Capability::OpensShell), ..act.clone() },
        ];
        assert_eq!(act.digest(), act.clone().digest());
        let reordered = act.clone().with_arguments(json!({"num_units": 2, "application": "web"}));
        assert_eq!(act.digest(), reordered.digest(), "the order of names means nothing");
        for other in others {
            assert_ne!(act.digest(), other.digest());
        }
    }

    #[test]
    fn request_digest_changes_with_the_request_and_not_with_the_state() {
        let act = Act::new("juju_scale_application", Effect::Write)
            .with_target(Target::in_model("prod", "admin/shop", []))
            .with_arguments(json!({"application": "web", "scale": 2}));
        let same = Act { effect: Effect::Destructive, ..act.clone() };
        assert_eq!(act.request_digest(), same.request_digest());
        let others = [
            act.clone().with_target(Target::in_model("prod", "admin/shop2", [])),
            act.clone().with_arguments(json!({"application": "web", "scale": 3})),
            Act { tool: "juju_add_unit".to_owned(), ..act.clone() },
        ];
        for other in others {
            assert_ne!(act.request_digest(), other.request_digest());
        }
    }

    #[test]
    fn act_is_read_back_as_it_was_written() {
        let act = Act::new("juju_expose", Effect::Write)
            .with_target(Target::in_model("prod", "admin/shop", [TargetEntity::Known("application-web".into())]))
            .with_arguments(json!({"application": "web"}));
        let act = Act { impact: Impact::default().with_trust(true), source: Some(Target::default()), ..act };
        let text = serde_json::to_string(&act).expect("JSON");
        assert_eq!(serde_json::from_str::<Act>(&text).expect("reads"), act);
        assert!(text.starts_with(
            r#"{"tool":"juju_expose","effect":"write","controller":"prod","model":"admin/shop","targets":["application-web"]"#
        ));
    }
}
