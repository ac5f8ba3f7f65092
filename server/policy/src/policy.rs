//! All that decides, as one value: a change of the configuration makes a new one, and acts under way keep theirs.

use identity::Caller;

use crate::{
    Act, Binding, InvalidPolicy, Location, Profile, Roles, Rule, bindings,
    rules::Settings,
    selector::{Matter, fits_model},
};

/// Roles, who holds them, and rules.
#[derive(Debug, Clone)]
pub struct Policy {
    roles: Roles,
    bindings: Vec<Binding>,
    rules: Vec<Rule>,
    settings: Settings,
    profile: Profile,
}

impl Policy {
    pub(crate) fn of(roles: Roles, guards: Vec<Rule>, settings: Settings, profile: Profile) -> Self {
        Self { roles, bindings: Vec::new(), rules: guards, settings, profile }
    }

    /// The same with more bindings, whose roles are known to exist.
    pub(crate) fn bound(mut self, bindings: Vec<Binding>) -> Self {
        self.bindings.extend(bindings);
        self
    }

    /// The same with bindings for the users of an identity provider.
    ///
    /// # Errors
    /// [`NoSuchRole`], where a binding names a role that does not exist.
    pub fn with_bindings(self, bindings: Vec<Binding>) -> Result<Self, NoSuchRole> {
        match self.unknown_role(&bindings) {
            None => Ok(self.bound(bindings)),
            Some(role) => Err(NoSuchRole { problem: self.no_role(&role), role }),
        }
    }

    pub(crate) fn unknown_role(&self, bindings: &[Binding]) -> Option<String> {
        bindings.iter().find(|binding| !self.roles.has(&binding.role)).map(|binding| binding.role.clone())
    }

    pub(crate) fn no_role(&self, name: &str) -> String {
        let known = self.roles.described().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
        format!("a binding names the role `{name}`, which does not exist; roles are: {known}")
    }

    /// All roles.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Who holds which role by what the identity provider says.
    #[must_use]
    pub fn bindings(&self) -> &[Binding] {
        &self.bindings
    }

    /// All rules, in the order in which they are asked.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Which of the shipped rules are among them.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Roles that the caller holds here, each once.
    #[must_use]
    pub fn roles_of(&self, caller: &Caller) -> Vec<String> {
        let bound = caller.claims().map(|claims| bindings::roles(&self.bindings, claims)).unwrap_or_default();
        let mut roles = Vec::new();
        for role in caller.roles().iter().cloned().chain(bound) {
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        roles
    }

    /// Whether one of the caller's roles is one that approves.
    pub(crate) fn holds_approving_role(&self, caller: &Caller) -> bool {
        self.roles.approve(&self.roles_of(caller))
    }

    /// Whether a place is a production one, by the name of its model or controller.
    #[must_use]
    pub fn is_production(&self, location: &Location) -> bool {
        let names = [location.model(), location.controller()];
        let fits = |pattern: &crate::Pattern| names.into_iter().flatten().any(|name| fits_model(pattern, name));
        self.settings.production.iter().any(fits)
    }

    pub(crate) fn matter<'a>(&self, act: &'a Act, toolset: &'a str, roles: &'a [String]) -> Matter<'a> {
        let said = act.arguments["environment"].as_str().is_some_and(|word| word.starts_with("prod"));
        let production = said || self.is_production(&act.target.location);
        Matter { act, toolset, roles, production }
    }

    /// Whether a rule about this act asks how many units there are, which is to be looked up then.
    #[must_use]
    pub fn wants_units(&self, act: &Act) -> bool {
        act.tool == "juju_add_unit" && self.rules.iter().any(|rule| rule.check().contains("units.after"))
    }
}

/// A binding that names a role which does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct NoSuchRole {
    /// The name.
    pub role: String,
    problem: String,
}

impl NoSuchRole {
    /// The same with the place of the name in the text that the bindings were read from.
    #[must_use]
    pub fn within(&self, file: &str, text: &str) -> InvalidPolicy {
        InvalidPolicy::about(file, text, &self.role, self.problem.as_str())
    }
}
