//! The written form of a policy: YAML with roles, bindings, rules and settings; several files add up.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{
    Binding, Pattern, Policy, Roles, Rule,
    roles::Role,
    rules::{Blocked, Prices, Settings},
};

const SHIPPED_ROLES: &str = include_str!("roles.yaml");
const SHIPPED_RULES: &str = include_str!("rules/shipped.yaml");
/// Rules that the gentle profile limits to production.
const GENTLE: [&str; 2] = ["approve-destructive", "force-flag-needs-approval"];

/// Which of the shipped rules are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// All of them.
    #[default]
    Shipped,
    /// The same, but what is destroyed outside production needs no yes: for whoever works alone, or tries things out.
    Gentle,
    /// None.
    None,
}

impl Profile {
    /// `shipped`, `gentle`, `none`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shipped => "shipped",
            Self::Gentle => "gentle",
            Self::None => "none",
        }
    }
}

/// One file of a policy.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    /// Own roles; one with the name of a shipped role takes its place.
    #[serde(deserialize_with = "unique")]
    roles: BTreeMap<String, Role>,
    /// Who holds which roles.
    bindings: Vec<Binding>,
    /// Own rules; one with the name of a shipped rule takes its place.
    policies: Vec<Rule>,
    /// Names of shipped rules that are not in force.
    without: Vec<String>,
    settings: SettingsSection,
}

/// What rules need to know of the site.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct SettingsSection {
    /// Names of models and controllers that are production, in place of the shipped patterns.
    production: Option<Vec<Pattern>>,
    /// Regular expressions that no argument may hold, beside the shipped ones.
    blocked_patterns: Vec<Blocked>,
    /// Prices, in place of the shipped ones.
    prices: Option<Prices>,
}

/// Refuses a name that is given twice, which YAML leaves open.
fn unique<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Role>, D::Error> {
    struct Read;
    impl<'de> serde::de::Visitor<'de> for Read {
        type Value = BTreeMap<String, Role>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a map of names to roles")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut roles = BTreeMap::new();
            while let Some((name, role)) = map.next_entry::<String, Role>()? {
                if roles.insert(name.clone(), role).is_some() {
                    return Err(A::Error::custom(format!("the role `{name}` is there twice")));
                }
            }
            Ok(roles)
        }
    }
    deserializer.deserialize_map(Read)
}

/// Why a policy cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{file}`, line {line}, column {column}: {problem}")]
pub struct InvalidPolicy {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong, in one sentence.
    pub problem: String,
}

impl InvalidPolicy {
    fn at(file: &str, (line, column): (usize, usize), problem: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: line.max(1), column: column.max(1), problem: problem.into() }
    }

    /// Where the word first stands.
    pub(crate) fn about(file: &str, text: &str, word: &str, problem: impl Into<String>) -> Self {
        Self::at(file, find(text, 1, word).unwrap_or((1, 1)), problem)
    }

    /// Where the reader of YAML stopped. It tells where a rule or role begins; the word that the error is about is nearer.
    fn read(file: &str, text: &str, error: &serde_yaml::Error) -> Self {
        let begin = error.location().map_or((1, 1), |place| (place.line(), place.column()));
        let whole = error.to_string();
        let problem = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(problem, _)| problem);
        let mut words = problem.split('`').skip(1).step_by(2);
        let nearer = words.find_map(|word| find(text, begin.0, word));
        Self::at(file, nearer.unwrap_or(begin), problem)
    }
}

/// Line and column of the first place, from a line on, at which a word stands by itself.
fn find(text: &str, from: usize, word: &str) -> Option<(usize, usize)> {
    let part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || "-_.@".contains(letter));
    let column = |line: &str| {
        let alone =
            |at: &usize| !part(line[..*at].chars().next_back()) && !part(line[at + word.len()..].chars().next());
        let at = line.match_indices(word).map(|(at, _)| at).find(alone)?;
        Some(line[..at].chars().count() + 1)
    };
    let lines = text.lines().enumerate().skip(from.saturating_sub(1));
    lines.filter(|_| !word.is_empty()).find_map(|(before, line)| Some((before + 1, column(line)?)))
}

impl Document {
    fn read(file: &str, text: &str) -> Result<Self, InvalidPolicy> {
        // a file of comments alone is a policy that adds nothing
        if text.lines().all(|line| matches!(line.trim(), "" | "---") || line.trim_start().starts_with('#')) {
            return Ok(Self::default());
        }
        let document: Self = serde_yaml::from_str(text).map_err(|error| InvalidPolicy::read(file, text, &error))?;
        document.check(file, text)?;
        Ok(document)
    }

    fn check(&self, file: &str, text: &str) -> Result<(), InvalidPolicy> {
        let roles = Roles::new(self.roles.clone());
        if let Some((name, fault)) = roles.fault() {
            return Err(InvalidPolicy::about(file, text, name, format!("the role `{name}` {fault}")));
        }
        let mut names: Vec<&str> = Vec::new();
        for rule in &self.policies {
            let told = |problem: String| Err(InvalidPolicy::about(file, text, &rule.name, problem));
            if let Some(fault) = rule.fault() {
                return told(format!("the rule `{}` {fault}", rule.name));
            }
            if names.contains(&rule.name.as_str()) {
                return told(format!("the rule `{}` is there twice", rule.name));
            }
            names.push(&rule.name);
        }
        Ok(())
    }
}

impl Policy {
    /// The policy that is shipped: roles and all rules.
    ///
    /// # Errors
    /// Never in a program whose tests passed: the text is part of it.
    pub fn shipped() -> Result<Self, InvalidPolicy> {
        Self::read(&[], Profile::Shipped)
    }

    /// The shipped roles without any rule.
    ///
    /// # Errors
    /// Never in a program whose tests passed: the text is part of it.
    pub fn without_rules() -> Result<Self, InvalidPolicy> {
        Self::read(&[], Profile::None)
    }

    /// Reads a policy from files, each a name and a text, on top of what is shipped.
    ///
    /// # Errors
    /// [`InvalidPolicy`], with file and line.
    pub fn read(files: &[(&str, &str)], profile: Profile) -> Result<Self, InvalidPolicy> {
        let mut roles = Document::read("shipped roles", SHIPPED_ROLES)?.roles;
        let shipped = Document::read("shipped rules", SHIPPED_RULES)?;
        let mut guards = if profile == Profile::None { Vec::new() } else { shipped.policies };
        if profile == Profile::Gentle {
            for rule in guards.iter_mut().filter(|rule| GENTLE.contains(&rule.name.as_str())) {
                rule.applies_to.production = Some(true);
            }
        }
        let mut settings = Settings {
            production: shipped.settings.production.unwrap_or_default(),
            blocked: shipped.settings.blocked_patterns,
            prices: Prices::default(),
        };
        let documents: Vec<Document> =
            files.iter().map(|(file, text)| Document::read(file, text)).collect::<Result<_, _>>()?;
        let mut bindings = Vec::new();
        for ((file, text), document) in files.iter().zip(documents) {
            for name in &document.without {
                let before = guards.len();
                guards.retain(|rule| rule.name != *name);
                if guards.len() == before && profile != Profile::None {
                    return Err(InvalidPolicy::about(
                        file,
                        text,
                        name,
                        format!("there is no rule `{name}` to go without"),
                    ));
                }
            }
            for rule in document.policies {
                guards.retain(|known| known.name != rule.name);
                guards.push(rule);
            }
            roles.extend(document.roles);
            bindings.extend(document.bindings);
            settings.production = document.settings.production.unwrap_or(settings.production);
            settings.blocked.extend(document.settings.blocked_patterns);
            settings.prices = document.settings.prices.unwrap_or(settings.prices);
        }
        let policy = Self::of(Roles::new(roles), guards, settings, profile);
        let unknown = |name: &str| {
            let (file, text) = files.iter().find(|(_, text)| text.contains(name)).unwrap_or(&("shipped roles", ""));
            InvalidPolicy::about(file, text, name, policy.no_role(name))
        };
        if let Some(name) = policy.unknown_role(&bindings) {
            return Err(unknown(&name));
        }
        Ok(policy.bound(bindings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_form_of_a_rule_loads_as_it_is() {
        let text = "policies:
  - name: require-resource-limits
    severity: medium
    check: resources.limits
    message: \"Containers must have resource limits\"
";
        let policy = Policy::read(&[("policies.yaml", text)], Profile::None).expect("good");
        let [rule] = policy.rules() else { panic!("one rule") };
        assert_eq!((rule.name.as_str(), rule.check()), ("require-resource-limits", "resources.limits"));
        assert_eq!(rule.response(), crate::Response::Warn);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, place, part) in [
            (
                "roles:\n  a: {description: d, effects: [read]}\nbindings:\n  - {role: b, to: ['group:x']}\n",
                (4, 12),
                "`b`",
            ),
            ("bindings:\n  - {role: viewer, to: [nobody]}\n", (2, 24), "group:NAME"),
            (
                "policies:\n  - name: a\n    severity: medium\n    check: colour\n    message: m\n",
                (4, 12),
                "no measure `colour`",
            ),
            ("policies:\n  - {name: a, severity: awful, check: never, message: m}\n", (2, 25), "awful"),
            ("policies:\n  - {name: a, severity: low, check: never}\n", (2, 5), "message"),
            ("policies: [\n", (2, 1), "did not find"),
            ("colour: red\n", (1, 1), "colour"),
            ("without: [nothing]\n", (1, 11), "`nothing`"),
            ("settings:\n  blocked_patterns: ['(']\n", (2, 23), "regular expression"),
            (
                "roles:\n  a: {description: d, effects: [read]}\n  a: {description: d, effects: [read]}\n",
                (2, 3),
                "twice",
            ),
        ] {
            let error = Policy::read(&[("p.yaml", text)], Profile::Shipped).expect_err(text);
            assert!(error.problem.contains(part), "{text}{error}");
            assert_eq!((error.line, error.column, error.file.as_str()), (place.0, place.1, "p.yaml"), "{text}{error}");
        }
    }

    #[test]
    fn files_add_up_and_own_rules_take_the_place_of_shipped_ones() {
        let one = "policies:\n  - {name: gpu-needs-approval, severity: low, check: not gpu, message: m}\nwithout: [cost-cap]\n";
        let two = "# only a comment\n";
        let three = "roles: {viewer: {description: d, effects: [read, sensitive]}}\nbindings: [{role: viewer, to: ['group:g']}]\n";
        let policy = Policy::read(&[("1", one), ("2", two), ("3", three)], Profile::Shipped).expect("good");
        let shipped = Policy::shipped().expect("part of the program");
        assert_eq!(policy.rules().len() + 1, shipped.rules().len());
        let own = policy.rules().iter().find(|rule| rule.name == "gpu-needs-approval").expect("there");
        assert_eq!(own.response(), crate::Response::Warn);
    }
}
