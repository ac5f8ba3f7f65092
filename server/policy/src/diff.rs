//! The difference between two policies, for the ledger and the log.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Policy, Rule};

/// How one policy differs from another: names of roles and rules, and role bindings as `operator to group:ops`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PolicyDiff {
    /// Changes of role bindings.
    #[serde(skip_serializing_if = "NameChanges::is_empty")]
    pub role_bindings: NameChanges,
    /// Changes of roles.
    #[serde(skip_serializing_if = "NameChanges::is_empty")]
    pub roles: NameChanges,
    /// Changes of rules.
    #[serde(skip_serializing_if = "NameChanges::is_empty")]
    pub rules: NameChanges,
    /// Whether the settings of the rules differ: production models, blocked patterns, prices.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub settings: bool,
}

/// Names that were added or removed, or have another content.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NameChanges {
    /// Only in the new policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// Only in the old policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// In both, with another content.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

impl PolicyDiff {
    /// Whether both policies are equal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl NameChanges {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn between<'a, T: PartialEq + 'a>(
        before: impl IntoIterator<Item = (String, &'a T)>,
        after: impl IntoIterator<Item = (String, &'a T)>,
    ) -> Self {
        let before: BTreeMap<_, _> = before.into_iter().collect();
        let after: BTreeMap<_, _> = after.into_iter().collect();
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
    /// Compares this policy with the one before it.
    #[must_use]
    pub fn diff_from(&self, before: &Self) -> PolicyDiff {
        PolicyDiff {
            role_bindings: NameChanges::between(before.role_assignments(), self.role_assignments()),
            roles: NameChanges::between(before.roles().iter_named(), self.roles().iter_named()),
            rules: NameChanges::between(before.named_rules(), self.named_rules()),
            settings: before.settings() != self.settings(),
        }
    }

    fn named_rules(&self) -> impl Iterator<Item = (String, &Rule)> {
        self.rules().iter().map(|rule| (rule.name.clone(), rule))
    }

    fn role_assignments(&self) -> impl Iterator<Item = (String, &())> {
        self.role_bindings().iter().flat_map(|binding| {
            let issuer = binding.issuer.as_ref().map(|issuer| format!(" of `{issuer}`")).unwrap_or_default();
            binding.subjects.iter().map(move |subject| (format!("{} to {subject}{issuer}", binding.role), &()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{BuiltinRules, Policy};

    fn policy(text: &str) -> Policy {
        Policy::read(&[("p.yaml", text)], BuiltinRules::All).expect(text)
    }

    #[test]
    fn policy_diff_lists_added_removed_and_changed_names() {
        let before = policy(
            "roles: {a: {description: d, effects: [read]}, b: {description: d, effects: [read]}}
role_bindings: [{role: a, subjects: ['group:x', 'group:y']}]
rules: [{name: one, severity: low, check: 'false', message: m}, {name: two, severity: low, check: 'false', message: m}]",
        );
        let after = policy(
            "roles: {a: {description: d, effects: [read, write]}, c: {description: d, effects: [read]}}
role_bindings: [{role: a, subjects: ['group:y']}, {role: a, subjects: ['group:z'], issuer: 'https://id'}]
rules: [{name: one, severity: high, check: 'false', message: m}]
disabled_rules: [gpu-needs-approval]
settings: {production_models: ['live*']}",
        );
        assert!(before.diff_from(&before).is_empty());
        let diff = serde_json::to_value(after.diff_from(&before)).expect("a difference");
        let expected = json!({
            "role_bindings": {"added": ["a to group:z of `https://id`"], "removed": ["a to group:x"]},
            "roles": {"added": ["c"], "removed": ["b"], "changed": ["a"]},
            "rules": {"removed": ["gpu-needs-approval", "two"], "changed": ["one"]},
            "settings": true,
        });
        assert_eq!(diff, expected);
    }
}
