//! Names in roles, rules and role bindings: a mistyped name would never match, and no error would show it.

use std::collections::BTreeMap;

use content::{nearest, suggestion};

use crate::{InvalidPolicy, Pattern, Policy, Selector, selector::matches_tool};

/// The names that exist outside the policy.
#[derive(Debug, Clone, Default)]
pub struct KnownNames {
    /// The tools of this server, by name.
    pub tools: BTreeMap<String, KnownTool>,
    /// The controllers, if the configuration lists them.
    pub controllers: Option<Vec<String>>,
    /// The identity provider, if one is configured.
    pub issuer: Option<String>,
}

/// A tool that selectors can name.
#[derive(Debug, Clone, Default)]
pub struct KnownTool {
    /// The toolset that contains it.
    pub toolset: String,
    /// Names of its arguments that selectors and checks can read.
    pub arguments: Vec<String>,
}

/// A name that does not exist, or a pattern that matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    /// The name, as the policy has it.
    pub name: String,
    /// One sentence with the place, the name and the nearest one.
    pub problem: String,
    /// Whether it is a pattern, which a later version could match.
    pub is_pattern: bool,
}

impl UnknownName {
    /// The same with its position in the file that contains it.
    #[must_use]
    pub fn in_files(&self, files: &[(&str, &str)]) -> InvalidPolicy {
        let contains = |(_, text): &&(&str, &str)| text.contains(&self.name);
        let (file, text) = files.iter().find(contains).or(files.first()).copied().unwrap_or(("built-in policy", ""));
        InvalidPolicy::at_word(file, text, &self.name, self.problem.as_str())
    }
}

impl Policy {
    /// All names in roles, rules and role bindings that do not exist, and all patterns that match nothing.
    #[must_use]
    pub fn unknown_names(&self, known: &KnownNames) -> Vec<UnknownName> {
        let check = NameCheck { policy: self, known };
        let roles = self.roles().iter_named().flat_map(|(name, role)| {
            let place = format!("the role `{name}`");
            role.selectors().flat_map(|selector| check.selector(&place, selector, [])).collect::<Vec<_>>()
        });
        let of_rules = self.rules().iter().flat_map(|rule| {
            let place = format!("the rule `{}`", rule.name);
            let except = rule.except.iter().flat_map(|except| check.selector(&place, except, []));
            except.chain(check.selector(&place, &rule.applies_to, rule.check_arguments())).collect::<Vec<_>>()
        });
        let bindings = self.role_bindings().iter().filter_map(|binding| {
            let issuer = binding.issuer.as_ref()?;
            let configured = known.issuer.as_ref().filter(|configured| *configured != issuer)?;
            let problem = format!(
                "the binding of the role `{}` is for the issuer `{issuer}`, but `oauth.issuer` is `{configured}`",
                binding.role
            );
            Some(UnknownName { name: issuer.clone(), problem, is_pattern: false })
        });
        roles.chain(of_rules).chain(bindings).collect()
    }

    /// Whether the policy declares a name as that of a tool of another MCP server.
    #[must_use]
    pub fn is_foreign_tool(&self, name: &str) -> bool {
        self.settings().foreign_tools.iter().any(|pattern| matches_tool(pattern, name))
    }
}

/// The nearest of the tools to a mistyped name, `juju_add_unit` or `add-unit`, in the same form.
#[must_use]
pub fn nearest_tool<'a>(name: &str, tools: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let full: Vec<&str> = tools.into_iter().collect();
    if name.starts_with("juju_") || name.contains('_') {
        let prefixed = format!("juju_{name}");
        let find = |name: &str| nearest(name, full.iter().copied());
        return find(name).or_else(|| find(&prefixed)).map(str::to_owned);
    }
    let commands: Vec<_> = full.iter().map(|tool| command(tool)).collect();
    nearest(name, commands.iter().map(String::as_str)).map(str::to_owned)
}

/// The command of a tool: `add-unit` for `juju_add_unit`.
fn command(tool: &str) -> String {
    tool.strip_prefix("juju_").unwrap_or(tool).replace('_', "-")
}

struct NameCheck<'a> {
    policy: &'a Policy,
    known: &'a KnownNames,
}

impl NameCheck<'_> {
    /// The unknown names of a selector, and of the arguments that a check reads for acts that it selects.
    fn selector<'b>(
        &self,
        place: &str,
        selector: &'b Selector,
        checked: impl IntoIterator<Item = &'b str>,
    ) -> Vec<UnknownName> {
        let mut unknown = self.tools(place, &selector.tools);
        let toolsets: Vec<_> = self.known.tools.values().map(|tool| tool.toolset.as_str()).collect();
        unknown.extend(check_patterns(place, "toolset", &selector.toolsets, &toolsets));
        if let Some(controllers) = &self.known.controllers {
            let controllers: Vec<_> = controllers.iter().map(String::as_str).collect();
            unknown.extend(check_patterns(place, "controller", &selector.controllers, &controllers));
        }
        let roles: Vec<_> = self.policy.roles().described().map(|(name, _)| name).collect();
        let no_role = selector.roles.iter().filter(|role| !self.policy.roles().has(role));
        unknown.extend(no_role.map(|role| unknown_name(place, "role", role, false, &roles)));
        if unknown.is_empty() {
            unknown.extend(self.arguments(place, selector, checked));
        }
        unknown
    }

    fn tools(&self, place: &str, patterns: &[Pattern]) -> Vec<UnknownName> {
        let is_unknown = |pattern: &&Pattern| {
            let own = self.known.tools.keys().any(|tool| matches_tool(pattern, tool));
            !own && !self.policy.is_foreign_tool(pattern.as_str())
        };
        let describe = |pattern: &Pattern| {
            let name = pattern.as_str();
            let near = nearest_tool(name, self.known.tools.keys().map(String::as_str));
            let near = near.as_deref().into_iter().collect::<Vec<_>>();
            let mut unknown = unknown_name(place, "tool", name, pattern.is_wildcard(), &near);
            if !unknown.is_pattern && near.is_empty() {
                unknown.problem += "; `juju-mcp tools --endpoint /mcp/full` lists the tools, and `settings.foreign_tools` declares those of other MCP servers";
            }
            unknown
        };
        patterns.iter().filter(is_unknown).map(describe).collect()
    }

    /// The arguments that no tool has which the selector may match. Arguments of foreign tools are not known.
    fn arguments<'b>(
        &self,
        place: &str,
        selector: &'b Selector,
        checked: impl IntoIterator<Item = &'b str>,
    ) -> Vec<UnknownName> {
        if selector.tools.iter().any(|pattern| self.policy.is_foreign_tool(pattern.as_str())) {
            return Vec::new();
        }
        let selected = self.known.tools.iter().filter(|(name, tool)| selector.selects(name, &tool.toolset));
        let arguments: Vec<&str> = selected.flat_map(|(_, tool)| tool.arguments.iter().map(String::as_str)).collect();
        let named = selector.arguments.keys().map(String::as_str).chain(checked);
        let unknown = named.filter(|name| !arguments.contains(&first_segment(name)));
        let describe = |name: &str| {
            let segment = first_segment(name);
            let mut unknown = unknown_name(place, "argument", segment, false, &arguments);
            if matches!(segment, "model" | "controller") {
                unknown.problem =
                    format!("{place} names the argument `{segment}`; use the key `{segment}s` of a selector");
            }
            unknown
        };
        unknown.map(describe).collect()
    }
}

/// The name of the argument in a JSON pointer, `/config/port`, or the name itself.
fn first_segment(name: &str) -> &str {
    name.strip_prefix('/').map_or(name, |pointer| pointer.split('/').next().unwrap_or_default())
}

fn check_patterns(place: &str, what: &str, patterns: &[Pattern], known: &[&str]) -> Vec<UnknownName> {
    let unknown = patterns.iter().filter(|pattern| !known.iter().any(|name| pattern.matches(name)));
    unknown.map(|pattern| unknown_name(place, what, pattern.as_str(), pattern.is_wildcard(), known)).collect()
}

fn unknown_name(place: &str, what: &str, name: &str, is_pattern: bool, known: &[&str]) -> UnknownName {
    let problem = if is_pattern {
        format!("{place} has a pattern that matches no {what}: `{name}`")
    } else {
        let mut known: Vec<_> = known.to_vec();
        known.sort_unstable();
        known.dedup();
        // a long list does not help
        let known =
            if nearest(name, known.iter().copied()).is_some() || known.len() <= 12 { known } else { Vec::new() };
        format!(
            "{place} names the {what} `{name}`, which does not exist{}",
            suggestion(name, known, &format!("{what}s are"))
        )
    };
    UnknownName { name: name.to_owned(), problem, is_pattern }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BuiltinRules;

    fn known() -> KnownNames {
        let tool = |toolset: &str, arguments: &[&str]| KnownTool {
            toolset: toolset.to_owned(),
            arguments: arguments.iter().map(|name| (*name).to_owned()).collect(),
        };
        KnownNames {
            tools: BTreeMap::from([
                ("juju_add_unit".to_owned(), tool("deploy", &["application", "num_units", "to"])),
                ("juju_remove_application".to_owned(), tool("deploy", &["applications", "force"])),
                ("juju_status".to_owned(), tool("status", &[])),
                ("audit_changes".to_owned(), tool("", &["days"])),
            ]),
            controllers: Some(vec!["eu".to_owned()]),
            issuer: Some("https://id.example".to_owned()),
        }
    }

    fn unknown(text: &str) -> Vec<UnknownName> {
        let policy =
            Policy::read(&[("p.yaml", text)], BuiltinRules::None).unwrap_or_else(|error| panic!("{text}: {error}"));
        policy.unknown_names(&known())
    }

    /// A selector in each place that takes one.
    fn places(selector: &str) -> [String; 4] {
        [
            format!("roles: {{r: {{description: d, allow: [{selector}]}}}}"),
            format!("roles: {{r: {{description: d, effects: [read], deny: [{selector}]}}}}"),
            format!("rules: [{{name: n, severity: low, check: 'false', message: m, applies_to: {selector}}}]"),
            format!("rules: [{{name: n, severity: low, check: 'false', message: m, except: {selector}}}]"),
        ]
    }

    #[test]
    fn unknown_name_is_reported_in_every_place_with_the_nearest_one() {
        for (selector, name, near) in [
            ("{tools: remove-aplication}", "remove-aplication", "did you mean `remove-application`?"),
            ("{tools: juju_ad_unit}", "juju_ad_unit", "did you mean `juju_add_unit`?"),
            ("{tools: [status, audit_change]}", "audit_change", "did you mean `audit_changes`?"),
            ("{toolsets: deply}", "deply", "did you mean `deploy`?"),
            ("{controllers: eus}", "eus", "did you mean `eu`?"),
            ("{tools: add-unit, arguments: {num_unit: {max: 3}}}", "num_unit", "did you mean `num_units`?"),
            ("{tools: add-unit, arguments: {/ton/0: lxd}}", "ton", "did you mean `to`?"),
            ("{tools: add-unit, arguments: {force: true}}", "force", "arguments are: application, num_units, to"),
            ("{arguments: {model: prod}}", "model", "use the key `models`"),
        ] {
            for text in places(selector) {
                let found = unknown(&text);
                let [one] = found.as_slice() else { panic!("{text}: {found:?}") };
                assert!(one.name == name && one.problem.contains(near) && !one.is_pattern, "{text}: {one:?}");
                let placed = one.in_files(&[("p.yaml", &text)]);
                assert!(placed.column > 1 && placed.to_string().contains("p.yaml"), "{placed}");
            }
        }
    }

    #[test]
    fn pattern_without_a_match_is_reported_as_a_pattern() {
        for selector in ["{tools: 'delete-*'}", "{toolsets: 'x*'}", "{controllers: 'us-*'}"] {
            for text in places(selector) {
                assert!(matches!(unknown(&text).as_slice(), [UnknownName { is_pattern: true, .. }]), "{text}");
            }
        }
    }

    #[test]
    fn name_that_exists_is_accepted_in_every_place() {
        for selector in [
            "{tools: [add-unit, juju_status, 'remove-*', audit_changes], toolsets: deploy, controllers: 'e*'}",
            "{tools: add-unit, arguments: {num_units: {max: 3}, /to/0: lxd}}",
            "{models: anything, applications: 'any-*'}",
        ] {
            for text in places(selector) {
                assert_eq!(unknown(&text), [], "{text}");
            }
        }
    }

    #[test]
    fn rule_names_only_roles_arguments_and_issuers_that_exist() {
        let rule = |keys: &str| format!("rules: [{{name: n, severity: low, message: m, {keys}}}]");
        for (text, part) in [
            (rule("check: 'false', applies_to: {roles: operatr}"), "did you mean `operator`?"),
            (rule("check: 'false', except: {roles: boss}"), "roles are: admin, approver"),
            (rule("check: arguments.nun_units <= 3, applies_to: {tools: add-unit}"), "did you mean `num_units`?"),
            (
                "role_bindings: [{role: viewer, subjects: ['group:g'], issuer: 'https://other'}]".to_owned(),
                "https://other",
            ),
        ] {
            let found = unknown(&text);
            assert!(matches!(found.as_slice(), [one] if one.problem.contains(part)), "{text}: {found:?}");
        }
        assert_eq!(unknown(&rule("check: arguments.num_units <= 3, applies_to: {tools: add-unit}")), []);
    }

    #[test]
    fn foreign_tool_is_accepted_if_it_is_declared() {
        let text = "settings: {foreign_tools: ['palette_*', create_cluster]}\nrules: [{name: n, severity: low, check: 'false', message: m, applies_to: {tools: [create_cluster, palette_delete], arguments: {size: {max: 3}}}}]";
        assert_eq!(unknown(text), []);
    }
}
