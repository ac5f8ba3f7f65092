//! The subscriptions of one older client: one task for each resource, until it unsubscribes or its session ends.

use std::collections::HashMap;

use parking_lot::Mutex;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Maximum number of resources that one client is subscribed to.
pub(crate) const MAX_SUBSCRIPTIONS: usize = 100;

/// Subscriptions by URI. Dropping it ends all.
#[derive(Default)]
pub(crate) struct Subscriptions(Mutex<HashMap<String, DropGuard>>);

impl Subscriptions {
    /// Adds a subscription, or replaces the one of the same URI; returns what ends it. `None` if there are too many.
    pub(crate) fn add(&self, uri: &str) -> Option<CancellationToken> {
        let mut all = self.0.lock();
        if all.len() >= MAX_SUBSCRIPTIONS && !all.contains_key(uri) {
            return None;
        }
        let end = CancellationToken::new();
        all.insert(uri.to_owned(), end.clone().drop_guard());
        Some(end)
    }

    /// Ends a subscription, if there is one.
    pub(crate) fn remove(&self, uri: &str) {
        self.0.lock().remove(uri);
    }

    /// Ends all subscriptions.
    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}
