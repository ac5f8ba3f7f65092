//! Roles: named sets of what may be done. What no grant of a role allows is denied.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    Act, Denial, Effect, Selector,
    selector::{Matter, Of},
};

/// All roles by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Roles(BTreeMap<String, Role>);

/// One role as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    description: String,
    /// Short for a grant of all acts with these effects.
    #[serde(default)]
    effects: Vec<Effect>,
    /// Acts that it allows.
    #[serde(default)]
    allow: Vec<Selector>,
    /// Acts that it forbids, whatever this role or another one of the caller allows.
    #[serde(default)]
    deny: Vec<Selector>,
    /// Whether its holders answer what others ask for; such a role changes nothing.
    #[serde(default)]
    approves: bool,
}

impl Role {
    /// Whether it allows some acts of this tool and effect.
    fn offers(&self, tool: &str, toolset: &str, effect: Effect) -> bool {
        self.effects.contains(&effect) || self.allow.iter().any(|grant| grant.reaches(tool, toolset, effect))
    }

    fn allows(&self, matter: &Matter<'_>) -> bool {
        self.effects.contains(&matter.act.effect) || self.allow.iter().any(|grant| grant.meets(matter, Of::All))
    }

    fn forbids(&self, matter: &Matter<'_>) -> bool {
        self.deny.iter().any(|grant| grant.meets(matter, Of::Any))
    }

    /// Whether it allows some acts of an effect, of whatever tool.
    fn has_effect(&self, effect: Effect) -> bool {
        let granted = |grant: &Selector| grant.effects.is_empty() || grant.effects.contains(&effect);
        self.effects.contains(&effect) || self.allow.iter().any(granted)
    }

    /// What is wrong with it, in one sentence.
    fn fault(&self) -> Option<&'static str> {
        let changes = || [Effect::Write, Effect::Destructive].into_iter().any(|effect| self.has_effect(effect));
        let grants = || self.allow.iter().chain(&self.deny);
        if self.effects.is_empty() && self.allow.is_empty() && !self.approves {
            Some("allows nothing; give it `effects`, `allow` or `approves`")
        } else if self.approves && changes() {
            Some("approves, so it may not change anything too; limit `effects` of its grants to `read` and `sensitive`")
        } else if grants().any(|grant| !grant.roles.is_empty() || grant.production.is_some()) {
            Some("has a grant with `roles` or `production`, which are for rules only")
        } else {
            None
        }
    }
}

impl Roles {
    pub(crate) fn new(roles: BTreeMap<String, Role>) -> Self {
        Self(roles)
    }

    /// The first role that cannot be, and why.
    pub(crate) fn fault(&self) -> Option<(&str, &'static str)> {
        self.0.iter().find_map(|(name, role)| Some((name.as_str(), role.fault()?)))
    }

    /// Names of the roles with one sentence each, in order.
    pub fn described(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, role)| (name.as_str(), role.description.as_str()))
    }

    pub(crate) fn named(&self) -> impl Iterator<Item = (String, &Role)> {
        self.0.iter().map(|(name, role)| (name.clone(), role))
    }

    /// Whether there is such a role.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether one of these roles approves.
    pub(crate) fn approve(&self, held: &[String]) -> bool {
        self.held(held).any(|(_, role)| role.approves)
    }

    /// Of these roles, the one that allows the worst; of equals the first by name.
    pub(crate) fn strongest<'a>(&'a self, held: &'a [String]) -> Option<&'a str> {
        let rank = |role: &Role| {
            [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive].map(|effect| role.has_effect(effect))
        };
        let ranked = self.held(held).map(|(name, role)| ((rank(role)[3], rank(role)[2], rank(role)[1]), name));
        ranked.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1))).map(|(_, name)| name)
    }

    fn held<'a>(&'a self, held: &'a [String]) -> impl Iterator<Item = (&'a str, &'a Role)> + Clone {
        held.iter().filter_map(|name| self.0.get_key_value(name)).map(|(name, role)| (name.as_str(), role))
    }

    /// Whether one of these roles allows acts of an effect, of whatever tool and wherever.
    pub(crate) fn allow(&self, held: &[String], effect: Effect) -> Result<(), Denial> {
        if self.held(held).any(|(_, role)| role.has_effect(effect)) {
            return Ok(());
        }
        Err(Denial::Role { effect, held: held.to_vec(), sufficient: self.names(|role| role.has_effect(effect)) })
    }

    /// Whether a caller with these roles could call a tool at all, somewhere and with some arguments.
    pub(crate) fn offer(&self, held: &[String], tool: &str, toolset: &str, effect: Effect) -> Result<(), Denial> {
        let shut =
            |role: &Role| role.deny.iter().any(|deny| deny.is_about_tools() && deny.reaches(tool, toolset, effect));
        if let Some((name, _)) = self.held(held).find(|(_, role)| shut(role)) {
            return Err(Denial::Forbidden { role: name.to_owned(), tool: tool.to_owned(), model: None });
        }
        if self.held(held).any(|(_, role)| role.offers(tool, toolset, effect)) {
            return Ok(());
        }
        let sufficient = self.names(|role| role.offers(tool, toolset, effect));
        if self.held(held).any(|(_, role)| role.has_effect(effect)) {
            let (tool, model, held) = (tool.to_owned(), None, held.to_vec());
            return Err(Denial::Reach { tool, model, offered: false, held, sufficient });
        }
        Err(Denial::Role { effect, held: held.to_vec(), sufficient })
    }

    /// Whether one of these roles allows an act and none forbids it; then the name of one that allows it.
    pub(crate) fn judge(&self, matter: &Matter<'_>) -> Result<&str, Denial> {
        if let Some((name, _)) = self.held(matter.roles).find(|(_, role)| role.forbids(matter)) {
            return Err(Denial::forbidden(matter.act, name));
        }
        if let Some((name, _)) = self.held(matter.roles).find(|(_, role)| role.allows(matter)) {
            return Ok(self.0.get_key_value(name).map_or("", |(name, _)| name));
        }
        let sufficient = self.names(|role| role.allows(matter) && !role.forbids(matter));
        let Act { effect, .. } = *matter.act;
        if self.held(matter.roles).any(|(_, role)| role.has_effect(effect)) {
            let offers = |role: &Role| role.offers(&matter.act.tool, matter.toolset, effect);
            let offered = self.held(matter.roles).any(|(_, role)| offers(role));
            return Err(Denial::reach(matter.act, offered, matter.roles, sufficient));
        }
        Err(Denial::Role { effect, held: matter.roles.to_vec(), sufficient })
    }

    fn names(&self, suffices: impl Fn(&Role) -> bool) -> Vec<String> {
        self.0.iter().filter(|(_, role)| suffices(role)).map(|(name, _)| name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use identity::Caller;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Circumstances, Judgement, Policy, Target, TargetEntity};

    const EFFECTS: [Effect; 4] = [Effect::Read, Effect::Sensitive, Effect::Write, Effect::Destructive];

    fn act(tool: &str, effect: Effect, model: &str, arguments: Value) -> Act {
        let entity = arguments["application"].as_str().map(|name| TargetEntity::Known(format!("application-{name}")));
        Act::new(tool, effect).with_target(Target::in_model("eu", model, entity)).with_arguments(arguments)
    }

    #[test]
    fn each_shipped_role_allows_what_it_names_and_nothing_else() {
        let policy = Policy::without_rules().expect("part of the program");
        let allowed = |role: &str| {
            let caller = Caller::local("ana", role);
            EFFECTS.map(|effect| u8::from(policy.rights(&caller).allow(effect).is_ok()))
        };
        assert_eq!(allowed("viewer"), [1, 0, 0, 0]);
        assert_eq!(allowed("observer"), [1, 0, 0, 0]);
        assert_eq!(allowed("operator"), [1, 1, 1, 0]);
        assert_eq!(allowed("approver"), [1, 0, 0, 0]);
        assert_eq!(allowed("admin"), [1, 1, 1, 1]);
        assert_eq!(allowed("nobody"), [0, 0, 0, 0]);
    }

    #[test]
    fn a_denial_is_one_sentence_with_the_remedy() {
        let policy = Policy::without_rules().expect("part of the program");
        let denial = policy.rights(&Caller::local("ana", "operator")).allow(Effect::Destructive).expect_err("denied");
        assert_eq!(
            denial.to_string(),
            "destructive acts are not allowed to role `operator`; ask somebody with role `admin`"
        );
    }

    #[test]
    fn rights_depend_on_tool_model_application_and_arguments() {
        let text = "roles:
  web-team:
    description: Looks after the web applications, and removes them where nobody is hurt.
    effects: [read]
    allow:
      - {tools: remove-application, models: dev*}
      - {tools: [add-unit], applications: web*, arguments: {num_units: {max: 5}}}
    deny:
      - {tools: '*', models: '*-secret'}
";
        let policy = Policy::read(&[("team.yaml", text)], crate::Profile::None).expect("good");
        let caller = Caller::local("ana", "web-team");
        let circumstances = Circumstances::at(chrono::DateTime::UNIX_EPOCH);
        let may = |tool: &str, effect, model: &str, arguments: Value| {
            policy.judge(&caller, &act(tool, effect, model, arguments), &circumstances)
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
            assert_eq!(matches!(judged, Judgement::Allow { .. }), allowed, "{tool} {model} {arguments}: {judged:?}");
        }
        let Judgement::Deny(denial) = may("juju_remove_unit", destroy, "ana/dev", json!({})) else { panic!("allowed") };
        let text = denial.to_string();
        assert!(text.contains("`juju_remove_unit` in `ana/dev` is not allowed to role `web-team`"), "{text}");
        assert!(text.contains("ask somebody with role `admin`"), "{text}");
        let Judgement::Deny(denial) = may("juju_status", Effect::Read, "ana/dev-secret", json!({})) else {
            panic!("allowed")
        };
        assert!(
            denial.to_string().starts_with("role `web-team` forbids `juju_status` in `ana/dev-secret`"),
            "{denial}"
        );
    }

    #[test]
    fn what_a_caller_may_see_is_what_some_grant_could_allow() {
        let text = "roles:
  restarter:
    description: Adds units to anything in development, and reads everything but logs.
    allow: [{tools: add-unit, models: dev*}, {effects: read}]
    deny: [{tools: [debug-log, show-machine]}, {tools: status, models: prod}]
";
        let policy = Policy::read(&[("team.yaml", text)], crate::Profile::None).expect("good");
        let caller = Caller::local("ana", "restarter");
        for (tool, effect, seen) in [
            ("juju_add_unit", Effect::Write, true),
            ("juju_deploy", Effect::Write, false),
            ("juju_show_machine", Effect::Read, false),
            ("juju_status", Effect::Read, true),
            ("juju_models", Effect::Read, true),
        ] {
            assert_eq!(policy.rights(&caller).may_see(tool, "any", effect).is_ok(), seen, "{tool}");
        }
    }

    #[test]
    fn roles_that_could_harm_by_their_form_are_refused_with_their_line() {
        for (role, part) in [
            ("{description: d}", "allows nothing"),
            ("{description: d, effects: [read, write], approves: true}", "may not change"),
            ("{description: d, allow: [{tools: add-unit}], approves: true}", "may not change"),
            ("{description: d, allow: [{roles: admin}]}", "for rules only"),
            ("{description: d, effects: [reed]}", "reed"),
            ("{effects: [read]}", "description"),
        ] {
            let text = format!("roles:\n  good: {{description: d, effects: [read]}}\n  bad: {role}\n");
            let error = Policy::read(&[("team.yaml", &text)], crate::Profile::None).expect_err(role);
            assert!(error.problem.contains(part), "{role}: {error}");
            assert_eq!(error.line, 3, "{role}: {error}");
        }
    }
}
