//! What differs between two policies, for whoever wants to know when who may do what has changed.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Policy, Rule};

/// What one policy has otherwise than another: names of roles and rules, and bindings as `operator to group:ops`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Difference {
    /// What there is about bindings.
    #[serde(skip_serializing_if = "Changed::is_empty")]
    pub bindings: Changed,
    /// What there is about roles.
    #[serde(skip_serializing_if = "Changed::is_empty")]
    pub roles: Changed,
    /// What there is about rules.
    #[serde(skip_serializing_if = "Changed::is_empty")]
    pub rules: Changed,
    /// Whether what rules know of the site differs: production, blocked texts, prices.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub settings: bool,
}

/// What was added, taken away, and changed under its old name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Changed {
    /// Not there before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// No longer there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// There before and now, with another meaning.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

impl Difference {
    /// Whether both policies mean the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Changed {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn between<'a, T: PartialEq + 'a>(
        before: impl IntoIterator<Item = (String, &'a T)>,
        after: impl IntoIterator<Item = (String, &'a T)>,
    ) -> Self {
        let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (before.into_iter().collect(), after.into_iter().collect());
        let missing = |from: &BTreeMap<String, &T>, names: &BTreeMap<String, &T>| {
            names.keys().filter(|name| !from.contains_key(*name)).cloned().collect()
        };
        let differs = |(name, old): &(&String, &&T)| after.get(*name).is_some_and(|new| new != *old);
        Self {
            added: missing(&before, &after),
            removed: missing(&after, &before),
            changed: before.iter().filter(differs).map(|(name, _)| name.clone()).collect(),
        }
    }
}

impl Policy {
    /// What this policy has otherwise than one before it.
    #[must_use]
    pub fn since(&self, before: &Self) -> Difference {
        Difference {
            bindings: Changed::between(before.bound_to(), self.bound_to()),
            roles: Changed::between(before.roles().named(), self.roles().named()),
            rules: Changed::between(before.guards(), self.guards()),
            settings: before.settings() != self.settings(),
        }
    }

    fn guards(&self) -> impl Iterator<Item = (String, &Rule)> {
        self.rules().iter().map(|rule| (rule.name.clone(), rule))
    }

    fn bound_to(&self) -> impl Iterator<Item = (String, &())> {
        self.bindings().iter().flat_map(|binding| {
            let vouched = binding.issuer.as_ref().map(|issuer| format!(", as `{issuer}` says")).unwrap_or_default();
            binding.to.iter().map(move |holder| (format!("{} to {holder}{vouched}", binding.role), &()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Policy, Profile};

    fn policy(text: &str) -> Policy {
        Policy::read(&[("p.yaml", text)], Profile::Shipped).expect(text)
    }

    #[test]
    fn what_was_added_removed_and_changed_is_named() {
        let before = policy(
            "roles: {a: {description: d, effects: [read]}, b: {description: d, effects: [read]}}
bindings: [{role: a, to: ['group:x', 'group:y']}]
policies: [{name: one, severity: low, check: never, message: m}, {name: two, severity: low, check: never, message: m}]",
        );
        let after = policy(
            "roles: {a: {description: d, effects: [read, write]}, c: {description: d, effects: [read]}}
bindings: [{role: a, to: ['group:y']}, {role: a, to: ['group:z'], issuer: 'https://id'}]
policies: [{name: one, severity: high, check: never, message: m}]
without: [gpu-needs-approval]
settings: {production: ['live*']}",
        );
        assert!(before.since(&before).is_empty());
        let told = serde_json::to_value(after.since(&before)).expect("a difference");
        let expected = json!({
            "bindings": {"added": ["a to group:z, as `https://id` says"], "removed": ["a to group:x"]},
            "roles": {"added": ["c"], "removed": ["b"], "changed": ["a"]},
            "rules": {"removed": ["gpu-needs-approval", "two"], "changed": ["one"]},
            "settings": true,
        });
        assert_eq!(told, expected);
    }
}
