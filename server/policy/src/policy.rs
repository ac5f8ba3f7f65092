//! A whole policy as one immutable value: a reload creates a new one, and acts in progress keep theirs.

use identity::Caller;

use crate::{
    Act, BuiltinRules, Effect, Fact, InvalidPolicy, Location, RoleBinding, Roles, Rule, Target, TargetEntity,
    role_binding,
    rules::{Prices, Settings},
    selector::{EvaluationInput, Quantifier, matches_model},
};

/// Roles, role bindings, rules and settings.
#[derive(Debug, Clone)]
pub struct Policy {
    roles: Roles,
    role_bindings: Vec<RoleBinding>,
    rules: Vec<Rule>,
    settings: Settings,
    builtin_rules: BuiltinRules,
}

impl Policy {
    #[expect(clippy::similar_names, reason = "roles and rules are the terms of this crate")]
    pub(crate) fn from_parts(roles: Roles, rules: Vec<Rule>, settings: Settings, builtin_rules: BuiltinRules) -> Self {
        Self { roles, role_bindings: Vec::new(), rules, settings, builtin_rules }
    }

    /// Adds bindings after their roles were checked.
    pub(crate) fn add_role_bindings(mut self, bindings: Vec<RoleBinding>) -> Self {
        self.role_bindings.extend(bindings);
        self
    }

    /// Adds role bindings for subjects of an identity provider.
    ///
    /// # Errors
    /// [`UnknownRole`], if a binding names a role that does not exist.
    pub fn with_role_bindings(self, bindings: Vec<RoleBinding>) -> Result<Self, UnknownRole> {
        match self.unknown_role(&bindings) {
            None => Ok(self.add_role_bindings(bindings)),
            Some(role) => Err(UnknownRole { problem: self.unknown_role_message(&role), role }),
        }
    }

    pub(crate) fn unknown_role(&self, bindings: &[RoleBinding]) -> Option<String> {
        bindings.iter().find(|binding| !self.roles.has(&binding.role)).map(|binding| binding.role.clone())
    }

    pub(crate) fn unknown_role_message(&self, name: &str) -> String {
        let near = content::suggestion(name, self.roles.described().map(|(name, _)| name), "roles are");
        format!("a role binding names the role `{name}`, which does not exist{near}")
    }

    /// All roles.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Which subjects of an identity provider have which roles.
    #[must_use]
    pub fn role_bindings(&self) -> &[RoleBinding] {
        &self.role_bindings
    }

    /// All rules, in the order of evaluation.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Which built-in rules the policy includes.
    #[must_use]
    pub fn builtin_rules(&self) -> BuiltinRules {
        self.builtin_rules
    }

    /// The table of prices, by which budgets count the cost of acts.
    #[must_use]
    pub fn prices(&self) -> &Prices {
        &self.settings.prices
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Roles of the caller, from the token and from role bindings, without duplicates.
    #[must_use]
    pub fn roles_of(&self, caller: &Caller) -> Vec<String> {
        let bound = caller.claims().map(|claims| role_binding::roles(&self.role_bindings, claims)).unwrap_or_default();
        let mut roles = Vec::new();
        for role in caller.roles().iter().cloned().chain(bound) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        roles
    }

    /// Whether one of the caller's roles can approve.
    pub(crate) fn has_approving_role(&self, caller: &Caller) -> bool {
        self.roles.can_approve(&self.roles_of(caller))
    }

    /// Whether a location is in production, by the name of its model or controller.
    #[must_use]
    pub fn is_production(&self, location: &Location) -> bool {
        let names = [location.model(), location.controller()];
        names.into_iter().flatten().any(|name| self.is_production_name(name))
    }

    fn is_production_name(&self, name: &str) -> bool {
        self.settings.production_models.iter().any(|pattern| matches_model(pattern, name, Quantifier::Any))
    }

    /// Whether an act touches production: where it acts, the models that it names, and where it takes something from.
    fn is_production_act(&self, act: &Act) -> bool {
        [Some(&act.target), act.source.as_ref()].into_iter().flatten().any(|target| {
            let mut tags = target.entities.iter().filter_map(TargetEntity::tag);
            self.is_production(&target.location)
                || tags.any(|tag| tag.strip_prefix("model-").is_some_and(|name| self.is_production_name(name)))
        })
    }

    /// Whether a caller may see that a model exists: whether a role allows to show it.
    #[must_use]
    pub fn may_see_model(&self, caller: &Caller, location: &Location) -> bool {
        let act = Act::new("juju_show_model", Effect::Read).with_target(Target::from_location(location.clone()));
        let roles = self.roles_of(caller);
        self.roles.check_act(&self.evaluation_input(&act, "status", &roles)).is_ok()
    }

    /// What the roles and rules read of every act, beyond its arguments.
    #[must_use]
    pub fn lookups(&self) -> Lookups {
        let by_rule = self.rules.iter().flat_map(|rule| [Some(&rule.applies_to), rule.except.as_ref()]).flatten();
        Lookups {
            applications: self.roles.selectors().chain(by_rule).any(|selector| !selector.applications.is_empty()),
            sizes: self.rules.iter().any(Rule::reads_sizes),
        }
    }

    pub(crate) fn evaluation_input<'a>(
        &self,
        act: &'a Act,
        toolset: &'a str,
        roles: &'a [String],
    ) -> EvaluationInput<'a> {
        // an act for another MCP server may name its environment
        let declared = act.arguments["environment"].as_str().is_some_and(|word| word.starts_with("prod"));
        let production = declared || self.is_production_act(act);
        EvaluationInput::new(act, toolset, roles, production)
    }

    /// Facts that the rules need to evaluate this act, and that the dispatcher has to look up.
    #[must_use]
    pub fn needs_facts(&self, act: &Act) -> Vec<Fact> {
        Fact::ALL.into_iter().filter(|fact| self.rules.iter().any(|rule| rule.needs_fact(*fact, act))).collect()
    }
}

/// What has to be looked up at the controller, because a role or a rule reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lookups {
    /// Applications behind the id of a machine or a relation.
    pub applications: bool,
    /// Size of the units that an application gets, for their cost.
    pub sizes: bool,
}

/// A role binding names a role that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct UnknownRole {
    /// Name of the role.
    pub role: String,
    problem: String,
}

impl UnknownRole {
    /// The same error with its position in the file that contains the bindings.
    #[must_use]
    pub fn in_file(&self, file: &str, text: &str) -> InvalidPolicy {
        InvalidPolicy::at_word(file, text, &self.role, self.problem.as_str())
    }
}
