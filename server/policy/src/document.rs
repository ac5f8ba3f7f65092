//! The YAML form of a policy: roles, role bindings, rules and settings. Several files are merged in order.

use std::collections::BTreeMap;

use content::suggestion;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    BuiltinRules, InvalidPolicy, Pattern, Policy, RoleBinding, Roles, Rule,
    roles::Role,
    rules::{BlockedPattern, Prices, Settings},
};

const BUILTIN_ROLES: &str = include_str!("roles.yaml");
const BUILTIN_RULES: &str = include_str!("rules/builtin.yaml");
/// Built-in rules that [`BuiltinRules::Relaxed`] limits to production.
const RELAXED_RULES: [&str; 2] = ["approve-destructive", "force-flag-needs-approval"];

/// One policy file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    /// Own roles; a role with the name of a built-in role replaces it.
    #[serde(deserialize_with = "without_duplicates")]
    roles: BTreeMap<String, Role>,
    /// Which subjects have which roles.
    role_bindings: Vec<RoleBinding>,
    /// Own rules; a rule with the name of a built-in rule replaces it.
    rules: Vec<Rule>,
    /// Names of built-in rules that are disabled.
    disabled_rules: Vec<String>,
    settings: SettingsSection,
}

/// Settings that checks use beside the act.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettingsSection {
    /// Names of models and controllers that are production; they replace the built-in patterns.
    production_models: Option<Vec<Pattern>>,
    /// Regular expressions that no argument may contain, in addition to the built-in ones.
    blocked_patterns: Vec<BlockedPattern>,
    /// Names of tools of other MCP servers that rules may name, in addition to the built-in ones.
    foreign_tools: Vec<Pattern>,
    /// Prices; they replace the built-in ones.
    prices: Option<Prices>,
}

/// Rejects a duplicate role, for which YAML defines no meaning and serde would take the last one.
fn without_duplicates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Role>, D::Error> {
    struct RolesVisitor;
    impl<'de> serde::de::Visitor<'de> for RolesVisitor {
        type Value = BTreeMap<String, Role>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a map of names to roles")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut roles = BTreeMap::new();
            while let Some((name, role)) = map.next_entry::<String, Role>()? {
                if roles.insert(name.clone(), role).is_some() {
                    return Err(A::Error::custom(format!("duplicate role `{name}`")));
                }
            }
            Ok(roles)
        }
    }
    deserializer.deserialize_map(RolesVisitor)
}

impl Document {
    fn read(file: &str, text: &str) -> Result<Self, InvalidPolicy> {
        // a file with comments only adds nothing
        if text.lines().all(|line| matches!(line.trim(), "" | "---") || line.trim_start().starts_with('#')) {
            return Ok(Self::default());
        }
        let document: Self =
            serde_yaml::from_str(text).map_err(|error| InvalidPolicy::from_yaml_error(file, text, &error))?;
        document.validate(file, text)?;
        Ok(document)
    }

    fn validate(&self, file: &str, text: &str) -> Result<(), InvalidPolicy> {
        let roles = Roles::new(self.roles.clone());
        if let Some((name, error)) = roles.validation_error() {
            return Err(InvalidPolicy::at_word(file, text, name, format!("the role `{name}` {error}")));
        }
        let mut names: Vec<&str> = Vec::new();
        for rule in &self.rules {
            let invalid = |problem: String| Err(InvalidPolicy::at_word(file, text, &rule.name, problem));
            if let Some(error) = rule.validation_error() {
                return invalid(format!("the rule `{}` {error}", rule.name));
            }
            if names.contains(&rule.name.as_str()) {
                return invalid(format!("duplicate rule `{}`", rule.name));
            }
            names.push(&rule.name);
        }
        Ok(())
    }
}

impl Policy {
    /// The built-in policy: roles and all rules.
    ///
    /// # Errors
    /// Never in a program that passed its tests, because the text is compiled in.
    pub fn builtin() -> Result<Self, InvalidPolicy> {
        Self::read(&[], BuiltinRules::All)
    }

    /// The built-in roles without any rule.
    ///
    /// # Errors
    /// Never in a program that passed its tests, because the text is compiled in.
    pub fn without_rules() -> Result<Self, InvalidPolicy> {
        Self::read(&[], BuiltinRules::None)
    }

    /// Reads a policy from files, each a path and a text, on top of the built-in one.
    ///
    /// # Errors
    /// [`InvalidPolicy`], with file, line and column.
    pub fn read(files: &[(&str, &str)], builtin_rules: BuiltinRules) -> Result<Self, InvalidPolicy> {
        let mut merged = Merged::builtin(builtin_rules)?;
        let documents = files.iter().map(|(file, text)| Document::read(file, text)).collect::<Result<Vec<_>, _>>()?;
        for ((file, text), document) in files.iter().zip(documents) {
            merged.add(file, text, document)?;
        }
        let bindings = merged.role_bindings;
        let policy = Self::from_parts(Roles::new(merged.roles), merged.rules, merged.settings, builtin_rules);
        if let Some(name) = policy.unknown_role(&bindings) {
            let (file, text) = files.iter().find(|(_, text)| text.contains(&name)).unwrap_or(&("built-in roles", ""));
            return Err(InvalidPolicy::at_word(file, text, &name, policy.unknown_role_message(&name)));
        }
        Ok(policy.add_role_bindings(bindings))
    }
}

/// The built-in policy and the files merged so far.
struct Merged {
    builtin_rules: BuiltinRules,
    roles: BTreeMap<String, Role>,
    role_bindings: Vec<RoleBinding>,
    rules: Vec<Rule>,
    settings: Settings,
}

impl Merged {
    fn builtin(builtin_rules: BuiltinRules) -> Result<Self, InvalidPolicy> {
        let builtin = Document::read("built-in rules", BUILTIN_RULES)?;
        let mut selected = if builtin_rules == BuiltinRules::None { Vec::new() } else { builtin.rules };
        if builtin_rules == BuiltinRules::Relaxed {
            for rule in selected.iter_mut().filter(|rule| RELAXED_RULES.contains(&rule.name.as_str())) {
                rule.applies_to.production = Some(true);
            }
        }
        let settings = Settings {
            production_models: builtin.settings.production_models.unwrap_or_default(),
            blocked_patterns: builtin.settings.blocked_patterns,
            foreign_tools: builtin.settings.foreign_tools,
            prices: Prices::default(),
        };
        let roles = Document::read("built-in roles", BUILTIN_ROLES)?.roles;
        Ok(Self { builtin_rules, roles, role_bindings: Vec::new(), rules: selected, settings })
    }

    fn add(&mut self, file: &str, text: &str, document: Document) -> Result<(), InvalidPolicy> {
        for name in &document.disabled_rules {
            let before = self.rules.len();
            self.rules.retain(|rule| rule.name != *name);
            if self.rules.len() == before && self.builtin_rules != BuiltinRules::None {
                let rules = self.rules.iter().map(|rule| rule.name.as_str());
                let near = suggestion(name, rules, "rules are");
                let problem = format!("there is no rule `{name}` to disable{near}");
                return Err(InvalidPolicy::at_word(file, text, name, problem));
            }
        }
        for rule in document.rules {
            self.rules.retain(|known| known.name != rule.name);
            self.rules.push(rule);
        }
        self.roles.extend(document.roles);
        self.role_bindings.extend(document.role_bindings);
        let Settings { production_models, blocked_patterns, foreign_tools, prices } = &mut self.settings;
        if let Some(own) = document.settings.production_models {
            *production_models = own;
        }
        blocked_patterns.extend(document.settings.blocked_patterns);
        foreign_tools.extend(document.settings.foreign_tools);
        if let Some(own) = document.settings.prices {
            *prices = own;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_with_required_keys_only_is_accepted() {
        let text = "rules:
  - name: require-resource-limits
    severity: medium
    check: resources.limits
    message: \"Containers must have resource limits\"
";
        let policy = Policy::read(&[("policies.yaml", text)], BuiltinRules::None).expect("good");
        let [rule] = policy.rules() else { panic!("one rule") };
        assert_eq!((rule.name.as_str(), rule.check()), ("require-resource-limits", "resources.limits"));
        assert_eq!(rule.enforcement(), crate::Enforcement::Warn);
    }

    #[test]
    fn invalid_policy_is_reported_with_line_and_column() {
        for (text, place, part) in [
            (
                "roles:\n  a: {description: d, effects: [read]}\nrole_bindings:\n  - {role: b, subjects: ['group:x']}\n",
                (4, 12),
                "`b`",
            ),
            ("role_bindings:\n  - {role: viewer, subjects: [ana]}\n", (2, 30), "group:NAME"),
            (
                "rules:\n  - name: a\n    severity: medium\n    check: colour\n    message: m\n",
                (4, 12),
                "unknown measure `colour`",
            ),
            ("rules:\n  - {name: a, severity: awful, check: 'false', message: m}\n", (2, 25), "awful"),
            ("rules:\n  - {name: a, severity: low, check: 'false'}\n", (2, 5), "message"),
            ("rules: [\n", (2, 1), "did not find"),
            ("rules:\n\t- {name: a}\n", (2, 1), "indented with a tab"),
            ("colour: red\n", (1, 1), "colour"),
            ("disabled_rules: [nothing]\n", (1, 18), "`nothing`"),
            ("settings:\n  blocked_patterns: ['(']\n", (2, 23), "regular expression"),
            (
                "roles:\n  a: {description: d, effects: [read]}\n  a: {description: d, effects: [read]}\n",
                (2, 3),
                "duplicate",
            ),
        ] {
            let error = Policy::read(&[("p.yaml", text)], BuiltinRules::All).expect_err(text);
            assert!(error.problem.contains(part), "{text}{error}");
            assert_eq!((error.line, error.column, error.file.as_str()), (place.0, place.1, "p.yaml"), "{text}{error}");
        }
    }

    #[test]
    fn files_are_merged_and_own_rules_replace_builtin_ones() {
        let one = "rules:\n  - {name: gpu-needs-approval, severity: low, check: not gpu, message: m}\ndisabled_rules: [cost-cap]\n";
        let two = "# only a comment\n";
        let three = "roles: {viewer: {description: d, effects: [read, sensitive]}}\nrole_bindings: [{role: viewer, subjects: ['group:g']}]\n";
        let policy = Policy::read(&[("1", one), ("2", two), ("3", three)], BuiltinRules::All).expect("good");
        let builtin = Policy::builtin().expect("built-in policy");
        assert_eq!(policy.rules().len() + 1, builtin.rules().len());
        let own = policy.rules().iter().find(|rule| rule.name == "gpu-needs-approval").expect("there");
        assert_eq!(own.enforcement(), crate::Enforcement::Warn);
    }
}
