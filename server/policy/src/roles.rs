//! Roles: named sets of permissions. An act that no grant of a role allows is denied.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    Act, Denial, Effect, Selector,
    selector::{EvaluationInput, Quantifier},
};

/// All roles by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Roles(BTreeMap<String, Role>);

/// One role of a policy file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    description: String,
    /// Short for a grant of all acts with these effects.
    #[serde(default)]
    effects: Vec<Effect>,
    /// Acts that the role allows.
    #[serde(default)]
    allow: Vec<Selector>,
    /// Acts that the role forbids, whatever this role or another one of the caller allows.
    #[serde(default)]
    deny: Vec<Selector>,
    /// Whether the role can approve; such a role cannot make changes.
    #[serde(default)]
    can_approve: bool,
}

impl Role {
    /// Selectors of its grants.
    pub(crate) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.allow.iter().chain(&self.deny)
    }

    /// Whether it allows some acts of this tool and effect.
    fn may_allow(&self, tool: &str, toolset: &str, effect: Effect) -> bool {
        self.effects.contains(&effect) || self.allow.iter().any(|grant| grant.may_match(tool, toolset, effect))
    }

    fn allows(&self, input: &EvaluationInput<'_>) -> bool {
        self.effects.contains(&input.act.effect) || self.allow.iter().any(|grant| grant.matches(input, Quantifier::All))
    }

    fn forbids(&self, input: &EvaluationInput<'_>) -> bool {
        self.deny.iter().any(|grant| grant.matches(input, Quantifier::Any))
    }

    /// Whether it allows some acts of an effect, with any tool.
    fn has_effect(&self, effect: Effect) -> bool {
        let granted = |grant: &Selector| grant.effects.is_empty() || grant.effects.contains(&effect);
        self.effects.contains(&effect) || self.allow.iter().any(granted)
    }

    /// Why the role is invalid, in one sentence.
    fn validation_error(&self) -> Option<&'static str> {
        let changes = || [Effect::Write, Effect::Destructive].into_iter().any(|effect| self.has_effect(effect));
        let grants = || self.allow.iter().chain(&self.deny);
        if self.effects.is_empty() && self.allow.is_empty() && !self.can_approve {
            Some("allows nothing; add `effects`, `allow` or `can_approve`")
        } else if self.can_approve && changes() {
            Some("can approve, so it cannot make changes; limit `effects` of its grants to `read` and `sensitive`")
        } else if grants().any(|grant| !grant.roles.is_empty() || grant.production.is_some()) {
            Some("has a grant with `roles` or `production`, which only rules can use")
        } else {
            None
        }
    }
}

impl Roles {
    pub(crate) fn new(roles: BTreeMap<String, Role>) -> Self {
        Self(roles)
    }

    /// The first invalid role, and why it is invalid.
    pub(crate) fn validation_error(&self) -> Option<(&str, &'static str)> {
        self.0.iter().find_map(|(name, role)| Some((name.as_str(), role.validation_error()?)))
    }

    /// Names of the roles with their descriptions, in order of name.
    pub fn described(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, role)| (name.as_str(), role.description.as_str()))
    }

    /// Selectors of all grants.
    pub(crate) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.0.values().flat_map(Role::selectors)
    }

    pub(crate) fn iter_named(&self) -> impl Iterator<Item = (String, &Role)> {
        self.0.iter().map(|(name, role)| (name.clone(), role))
    }

    /// Whether this role exists.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether one of these roles can approve.
    pub(crate) fn can_approve(&self, held: &[String]) -> bool {
        self.held(held).any(|(_, role)| role.can_approve)
    }

    /// Of these roles, the one that allows the most severe effect; of equals the first by name.
    pub(crate) fn strongest<'a>(&'a self, held: &'a [String]) -> Option<&'a str> {
        let rank =
            |role: &Role| [Effect::Destructive, Effect::Write, Effect::Sensitive].map(|effect| role.has_effect(effect));
        let ranked = self.held(held).map(|(name, role)| (rank(role), name));
        ranked.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1))).map(|(_, name)| name)
    }

    fn held<'a>(&'a self, held: &'a [String]) -> impl Iterator<Item = (&'a str, &'a Role)> + Clone {
        held.iter().filter_map(|name| self.0.get_key_value(name)).map(|(name, role)| (name.as_str(), role))
    }

    /// Checks that one of these roles allows acts of an effect, with any tool in any model.
    pub(crate) fn check_effect(&self, held: &[String], effect: Effect) -> Result<(), Denial> {
        if self.held(held).any(|(_, role)| role.has_effect(effect)) {
            return Ok(());
        }
        Err(Denial::Role { effect, held: held.to_vec(), sufficient: self.roles_that(|role| role.has_effect(effect)) })
    }

    /// Checks that a caller with these roles could call a tool in some model with some arguments.
    pub(crate) fn check_visibility(
        &self,
        held: &[String],
        tool: &str,
        toolset: &str,
        effect: Effect,
    ) -> Result<(), Denial> {
        let forbids = |role: &Role| {
            role.deny.iter().any(|deny| deny.depends_on_tool_only() && deny.may_match(tool, toolset, effect))
        };
        if let Some((name, _)) = self.held(held).find(|(_, role)| forbids(role)) {
            return Err(Denial::Forbidden { role: name.to_owned(), tool: tool.to_owned(), model: None });
        }
        if self.held(held).any(|(_, role)| role.may_allow(tool, toolset, effect)) {
            return Ok(());
        }
        let sufficient = self.roles_that(|role| role.may_allow(tool, toolset, effect));
        let held_roles = held.to_vec();
        if self.held(held).any(|(_, role)| role.has_effect(effect)) {
            let (tool, model) = (tool.to_owned(), None);
            return Err(Denial::NotGranted { tool, model, visible: false, held: held_roles, sufficient });
        }
        Err(Denial::Role { effect, held: held_roles, sufficient })
    }

    /// Checks that one of these roles allows an act and none forbids it; returns the name of a role that allows it.
    pub(crate) fn check_act(&self, input: &EvaluationInput<'_>) -> Result<&str, Denial> {
        if let Some((name, _)) = self.held(input.roles).find(|(_, role)| role.forbids(input)) {
            return Err(Denial::forbidden(input.act, name));
        }
        if let Some((name, _)) = self.held(input.roles).find(|(_, role)| role.allows(input)) {
            return Ok(self.0.get_key_value(name).map_or("", |(name, _)| name));
        }
        let sufficient = self.roles_that(|role| role.allows(input) && !role.forbids(input));
        let Act { effect, .. } = *input.act;
        if self.held(input.roles).any(|(_, role)| role.has_effect(effect)) {
            let may_allow = |role: &Role| role.may_allow(&input.act.tool, input.toolset, effect);
            let visible = self.held(input.roles).any(|(_, role)| may_allow(role));
            return Err(Denial::not_granted(input.act, visible, input.roles, sufficient));
        }
        Err(Denial::Role { effect, held: input.roles.to_vec(), sufficient })
    }

    /// Names of the roles that allow some acts of this tool and effect.
    #[must_use]
    pub fn sufficient_for(&self, tool: &str, toolset: &str, effect: Effect) -> Vec<String> {
        self.roles_that(|role| role.may_allow(tool, toolset, effect))
    }

    fn roles_that(&self, suffices: impl Fn(&Role) -> bool) -> Vec<String> {
        self.0.iter().filter(|(_, role)| suffices(role)).map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use identity::Caller;
    use serde_json::{Value, json};

    use super::*;
    use crate::{EvaluationContext, Policy, PolicyDecision, Target, TargetEntity};

    const EFFECTS: [Effect; 4] = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];

    fn act(tool: &str, effect: Effect, model: &str, arguments: Value) -> Act {
        let entity = arguments["application"].as_str().map(|name| TargetEntity::Known(format!("application-{name}")));
        Act::new(tool, effect).with_target(Target::in_model("eu", model, entity)).with_arguments(arguments)
    }

    #[test]
    fn builtin_role_allows_only_its_effects() {
        let policy = Policy::without_rules().expect("built-in policy");
        let allowed = |role: &str| {
            let caller = Caller::local("ana", role);
            EFFECTS.map(|effect| u8::from(policy.permissions(&caller).check_effect(effect).is_ok()))
        };
        assert_eq!(allowed("viewer"), [1, 0, 0, 0]);
        assert_eq!(allowed("observer"), [1, 0, 0, 0]);
        assert_eq!(allowed("operator"), [1, 1, 1, 0]);
        assert_eq!(allowed("approver"), [1, 0, 0, 0]);
        assert_eq!(allowed("admin"), [1, 1, 1, 1]);
        assert_eq!(allowed("unknown"), [0, 0, 0, 0]);
    }

    #[test]
    fn denial_is_one_sentence_with_a_remedy() {
        let policy = Policy::without_rules().expect("built-in policy");
        let denial = policy
            .permissions(&Caller::local("ana", "operator"))
            .check_effect(Effect::Destructive)
            .expect_err("denied");
        assert_eq!(
            denial.to_string(),
            "destructive acts are not allowed to role `operator`; use an account with role `admin`"
        );
    }

    #[test]
    fn role_decision_depends_on_tool_model_application_and_arguments() {
        let text = "roles:
  web-team:
    description: Maintains the web applications, and removes them in development.
    effects: [read]
    allow:
      - {tools: remove-application, models: dev*}
      - {tools: [add-unit], applications: web*, arguments: {num_units: {max: 5}}}
    deny:
      - {tools: '*', models: '*-secret'}
";
        let policy = Policy::read(&[("team.yaml", text)], crate::BuiltinRules::None).expect("good");
        let caller = Caller::local("ana", "web-team");
        let context = EvaluationContext::new(chrono::DateTime::UNIX_EPOCH);
        let may = |tool: &str, effect, model: &str, arguments: Value| {
            policy.evaluate(&caller, &act(tool, effect, model, arguments), &context)
        };
        let (write, destroy) = (Effect::Write, Effect::Destructive);
        for (tool, effect, model, arguments, allowed) in [
            ("juju_status", Effect::Read, "ana/prod", json!({}), true),
            ("juju_status", Effect::Read, "ana/dev-secret", json!({}), false),
            ("juju_remove_application", destroy, "ana/dev", json!({"application": "x"}), true),
            ("juju_remove_application", destroy, "ana/prod", json!({"application": "x"}), false),
            ("juju_remove_application", destroy, "ana/dev-secret", json!({"application": "x"}), false),
            ("juju_remove_unit", destroy, "ana/dev", json!({"application": "x"}), false),
            ("juju_add_unit", write, "ana/prod", json!({"application": "web2", "num_units": 5}), true),
            ("juju_add_unit", write, "ana/prod", json!({"application": "web2"}), true),
            ("juju_add_unit", write, "ana/prod", json!({"application": "web2", "num_units": 6}), false),
            ("juju_add_unit", write, "ana/prod", json!({"application": "db"}), false),
        ] {
            let judged = may(tool, effect, model, arguments.clone());
            assert_eq!(
                matches!(judged, PolicyDecision::Allow { .. }),
                allowed,
                "{tool} {model} {arguments}: {judged:?}"
            );
        }
        let PolicyDecision::Deny(denial) = may("juju_remove_unit", destroy, "ana/dev", json!({})) else {
            panic!("allowed")
        };
        let text = denial.to_string();
        assert!(text.contains("`juju_remove_unit` in `ana/dev` is not allowed to role `web-team`"), "{text}");
        assert!(text.contains("use an account with role `admin`"), "{text}");
        let PolicyDecision::Deny(denial) = may("juju_status", Effect::Read, "ana/dev-secret", json!({})) else {
            panic!("allowed")
        };
        assert!(
            denial.to_string().starts_with("role `web-team` forbids `juju_status` in `ana/dev-secret`"),
            "{denial}"
        );
    }

    #[test]
    fn tool_is_visible_if_some_grant_could_allow_it() {
        let text = "roles:
  restarter:
    description: Adds units to anything in development, and reads everything but logs.
    allow: [{tools: add-unit, models: dev*}, {effects: read}]
    deny: [{tools: [debug-log, show-machine]}, {tools: status, models: prod}]
";
        let policy = Policy::read(&[("team.yaml", text)], crate::BuiltinRules::None).expect("good");
        let caller = Caller::local("ana", "restarter");
        for (tool, effect, seen) in [
            ("juju_add_unit", Effect::Write, true),
            ("juju_deploy", Effect::Write, false),
            ("juju_show_machine", Effect::Read, false),
            ("juju_status", Effect::Read, true),
            ("juju_models", Effect::Read, true),
        ] {
            assert_eq!(policy.permissions(&caller).check_visibility(tool, "any", effect).is_ok(), seen, "{tool}");
        }
    }

    #[test]
    fn invalid_role_is_rejected_with_its_line() {
        for (role, part) in [
            ("{description: d}", "allows nothing"),
            ("{description: d, effects: [read, write], can_approve: true}", "cannot make changes"),
            ("{description: d, allow: [{tools: add-unit}], can_approve: true}", "cannot make changes"),
            ("{description: d, allow: [{roles: admin}]}", "only rules can use"),
            ("{description: d, effects: [reed]}", "reed"),
            ("{effects: [read]}", "description"),
        ] {
            let text = format!("roles:\n  good: {{description: d, effects: [read]}}\n  bad: {role}\n");
            let error = Policy::read(&[("team.yaml", &text)], crate::BuiltinRules::None).expect_err(role);
            assert!(error.problem.contains(part), "{role}: {error}");
            assert_eq!(error.line, 3, "{role}: {error}");
        }
    }
}
