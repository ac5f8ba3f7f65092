//! All that decides, as one value: a change of the configuration makes a new one, and acts under way keep theirs.

use std::sync::{Arc, PoisonError, RwLock};

use identity::Caller;

use crate::{Binding, Demand, Denial, Effect, InvalidRoles, Roles, bindings, scope};

/// Roles, and who holds them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    roles: Roles,
    wanted: Vec<(Effect, Demand)>,
    bindings: Vec<Binding>,
}

impl Policy {
    /// The policy that is shipped.
    ///
    /// # Errors
    /// Never in a program whose tests passed: the text is part of it.
    pub fn shipped() -> Result<Self, InvalidRoles> {
        Ok(Self { roles: Roles::shipped()?, bindings: Vec::new(), wanted: Vec::new() })
    }

    /// The same, wanting a human before acts of this effect or a worse one.
    #[must_use]
    pub fn wanting(mut self, least: Effect, demand: Demand) -> Self {
        self.wanted.push((least, demand));
        self
    }

    /// What is wanted of a human before acts of an effect.
    pub(crate) fn wants(&self, effect: Effect) -> Vec<Demand> {
        self.wanted.iter().filter(|(least, _)| effect >= *least).map(|(_, demand)| demand.clone()).collect()
    }

    /// The same with bindings for the users of an identity provider.
    ///
    /// # Errors
    /// [`InvalidPolicy`], where a binding names a role that does not exist.
    pub fn with_bindings(self, bindings: Vec<Binding>) -> Result<Self, InvalidPolicy> {
        match bindings.iter().find(|binding| !self.roles.has(&binding.role)) {
            None => Ok(Self { bindings, ..self }),
            Some(binding) => {
                let known = self.roles.described().map(|(name, _)| name).collect::<Vec<_>>().join(", ");
                Err(InvalidPolicy::NoSuchRole { name: binding.role.clone(), known })
            }
        }
    }

    /// All roles.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Roles that the caller holds here.
    #[must_use]
    pub fn roles_of(&self, caller: &Caller) -> Vec<String> {
        let bound = caller.claims().map(|claims| bindings::roles(&self.bindings, claims)).unwrap_or_default();
        caller.roles().iter().cloned().chain(bound).collect()
    }

    /// Whether one of the caller's roles allows acts of `effect`, whatever they act on.
    ///
    /// # Errors
    /// [`Denial`], which names a role that would.
    pub fn allow(&self, caller: &Caller, effect: Effect) -> Result<(), Denial> {
        if let Some(scope) = scope::lacking(caller, effect) {
            return Err(Denial::Scope { effect, scope });
        }
        self.roles.allow(&self.roles_of(caller), effect)
    }
}

/// Parts of a policy that do not fit each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// A binding names a role that does not exist.
    #[error("a binding names the role `{name}`, which does not exist; roles are: {known}")]
    NoSuchRole {
        /// The name.
        name: String,
        /// The roles that exist.
        known: String,
    },
}

/// The policy in force, which may be changed while the server runs.
#[derive(Debug)]
pub struct InForce(RwLock<Arc<Policy>>);

impl InForce {
    /// Puts a policy in force.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self(RwLock::new(Arc::new(policy)))
    }

    /// The policy of this moment; one act asks once, so that it is judged by one policy.
    #[must_use]
    pub fn now(&self) -> Arc<Policy> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another one in its place.
    pub fn replace(&self, policy: Policy) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }
}
