//! The active policy, which a reload replaces while the server runs.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::{Budget, Policy};

/// The active policy, and the usage of its change budgets, which survives a reload.
#[derive(Debug)]
pub struct ActivePolicy {
    policy: RwLock<Arc<Policy>>,
    budget: Budget,
    stale: RwLock<Option<String>>,
}

impl ActivePolicy {
    /// Activates a policy, with the recent usage of its budgets.
    #[must_use]
    pub fn new(policy: Policy, budget: Budget) -> Self {
        Self { policy: RwLock::new(Arc::new(policy)), budget, stale: RwLock::new(None) }
    }

    /// The current policy. Each act takes it once, so that one policy decides about the whole act.
    #[must_use]
    pub fn current(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read())
    }

    /// Replaces the current policy.
    pub fn replace(&self, policy: Policy) {
        *self.policy.write() = Arc::new(policy);
        *self.stale.write() = None;
    }

    /// Records that a reload failed, so the current policy is older than the files.
    pub fn mark_stale(&self, reason: impl Into<String>) {
        *self.stale.write() = Some(reason.into());
    }

    /// Why the current policy is older than the files; `None` if it is not.
    #[must_use]
    pub fn stale(&self) -> Option<String> {
        self.stale.read().clone()
    }

    /// Recent changes by caller and model, for change budgets.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }
}
