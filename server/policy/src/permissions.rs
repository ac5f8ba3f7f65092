//! What a caller may do at all under a policy, computed once per request.

use identity::Caller;

use crate::{Denial, Effect, Policy, missing_scope};

/// A caller under a policy, with the caller's roles.
#[derive(Debug)]
pub struct Permissions<'a> {
    policy: &'a Policy,
    caller: &'a Caller,
    roles: Vec<String>,
}

impl Policy {
    /// Computes what the caller may do at all.
    #[must_use]
    pub fn permissions<'a>(&'a self, caller: &'a Caller) -> Permissions<'a> {
        Permissions { policy: self, caller, roles: self.roles_of(caller) }
    }
}

impl Permissions<'_> {
    /// Roles of the caller, without duplicates.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// The role of the caller that allows the most severe effect; the dispatcher uses this role's credential.
    #[must_use]
    pub fn strongest_role(&self) -> Option<&str> {
        self.policy.roles().strongest(&self.roles)
    }

    /// Checks that the caller may perform some act of this effect, with any tool in any model.
    ///
    /// # Errors
    /// [`Denial`], which names a role that would be sufficient.
    pub fn check_effect(&self, effect: Effect) -> Result<(), Denial> {
        self.policy.roles().check_effect(&self.roles, effect)?;
        self.check_scope(effect)
    }

    /// Checks that the caller may call a tool for acts of this effect in some model with some arguments. If so, the tool
    /// is listed.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn check_visibility(&self, tool: &str, toolset: &str, effect: Effect) -> Result<(), Denial> {
        self.policy.roles().check_visibility(&self.roles, tool, toolset, effect)?;
        self.check_scope(effect)?;
        match self.policy.rules().iter().find(|rule| rule.always_denies(tool, toolset, effect)) {
            Some(rule) => Err(Denial::Rules(vec![rule.unconditional_violation()])),
            None => Ok(()),
        }
    }

    fn check_scope(&self, effect: Effect) -> Result<(), Denial> {
        missing_scope(self.caller, effect).map_or(Ok(()), Err)
    }
}
