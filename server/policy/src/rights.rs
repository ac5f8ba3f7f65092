//! What a caller may do at all under a policy: worked out once, however often it is asked.

use identity::Caller;

use crate::{Denial, Effect, Policy, scope};

/// A caller under a policy, with the roles that they hold there.
#[derive(Debug)]
pub struct Rights<'a> {
    policy: &'a Policy,
    caller: &'a Caller,
    roles: Vec<String>,
}

impl Policy {
    /// What the caller may do at all.
    #[must_use]
    pub fn rights<'a>(&'a self, caller: &'a Caller) -> Rights<'a> {
        Rights { policy: self, caller, roles: self.roles_of(caller) }
    }
}

impl Rights<'_> {
    /// Roles that the caller holds here, each once.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    /// Of the caller's roles, the one that allows the worst: the one whose credential is used.
    #[must_use]
    pub fn strongest_role(&self) -> Option<&str> {
        self.policy.roles().strongest(&self.roles)
    }

    /// Whether the caller could do something of this effect, of whatever tool and wherever.
    ///
    /// # Errors
    /// [`Denial`], which names a role that would.
    pub fn allow(&self, effect: Effect) -> Result<(), Denial> {
        self.scoped(effect)?;
        self.policy.roles().allow(&self.roles, effect)
    }

    /// Whether the caller could call a tool for acts of this effect, somewhere and with some arguments: then it is shown.
    ///
    /// # Errors
    /// [`Denial`].
    pub fn may_see(&self, tool: &str, toolset: &str, effect: Effect) -> Result<(), Denial> {
        self.scoped(effect)?;
        self.policy.roles().offer(&self.roles, tool, toolset, effect)?;
        match self.policy.rules().iter().find(|rule| rule.shuts(tool, toolset, effect)) {
            Some(rule) => Err(Denial::Rules(vec![rule.shut()])),
            None => Ok(()),
        }
    }

    /// Whether the caller's token is wide enough.
    fn scoped(&self, effect: Effect) -> Result<(), Denial> {
        scope::lacking(self.caller, effect).map_or(Ok(()), Err)
    }
}
