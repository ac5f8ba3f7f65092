//! The policy in force, which may be changed while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{Budget, Policy};

/// The policy in force, and what counts against its budgets, which a change of the policy leaves as it is.
#[derive(Debug)]
pub struct InForce {
    policy: RwLock<Arc<Policy>>,
    budget: Budget,
    stale: RwLock<Option<String>>,
}

impl InForce {
    /// Puts a policy in force, with what was changed of late.
    #[must_use]
    pub fn new(policy: Policy, budget: Budget) -> Self {
        Self { policy: RwLock::new(Arc::new(policy)), budget, stale: RwLock::new(None) }
    }

    /// The policy of this moment; one act asks once, so that it is judged by one policy.
    #[must_use]
    pub fn now(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another one in its place.
    pub fn replace(&self, policy: Policy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
        *self.stale.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Keeps the policy as it is, because what was to take its place cannot be used.
    pub fn keep(&self, because: impl Into<String>) {
        *self.stale.write().unwrap_or_else(PoisonError::into_inner) = Some(because.into());
    }

    /// Why the policy in force is not the one that is written, where it is not.
    #[must_use]
    pub fn stale(&self) -> Option<String> {
        self.stale.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was changed of late, by caller and model.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }
}
