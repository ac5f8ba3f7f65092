//! Refused tokens go to the ledger: the first of a kind from a peer at once, the rest counted, so that a flood cannot fill the disk.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dispatch::{Door, TurnedAway, note_turned_away};
use futures::future::{BoxFuture, FutureExt};
use identity::{Caller, Presented, Unauthenticated, network};

use crate::{Authenticate, metrics::Metrics};

/// Peers and kinds that are told apart at once; beyond that, all peers are one. With the time for which they are counted this bounds
/// what a flood can write to one record a second, however many take part in it.
const MOST: usize = 128;

/// Finds callers, and writes down whom it does not let in.
pub(crate) struct Doorkeeper {
    inner: Arc<dyn Authenticate>,
    metrics: Arc<Metrics>,
    ledger: Option<Arc<Door>>,
    window: Duration,
    counted: Arc<Counted>,
}

/// Refusals since the record of the first, by peer and kind.
#[derive(Default)]
struct Counted(Mutex<HashMap<Key, u64>>);

type Key = (Option<IpAddr>, &'static str);

impl Counted {
    /// Counts a refusal. Gives the key under which it is to be written down if it is the first.
    fn first(&self, peer: Option<IpAddr>, kind: &'static str) -> Option<Key> {
        let mut counted = self.counted();
        let own = (peer.map(network), kind);
        let key = if counted.len() < MOST || counted.contains_key(&own) { own } else { (None, kind) };
        if let Some(count) = counted.get_mut(&key) {
            *count += 1;
            return None;
        }
        counted.insert(key, 0);
        Some(key)
    }

    /// Ends the count of a key.
    fn end(&self, key: &Key) -> u64 {
        self.counted().remove(key).unwrap_or_default()
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<Key, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Doorkeeper {
    /// Without a ledger they are counted in the metrics only.
    pub(crate) fn new(
        inner: Arc<dyn Authenticate>,
        metrics: Arc<Metrics>,
        ledger: Option<Arc<Door>>,
        window: Duration,
    ) -> Self {
        Self { inner, metrics, ledger, window, counted: Arc::default() }
    }

    fn note(&self, peer: Option<IpAddr>, reason: Unauthenticated) {
        self.metrics.turned_away(reason.kind());
        let Some(ledger) = self.ledger.clone() else { return };
        let Some(key) = self.counted.first(peer, reason.kind()) else { return };
        let (counted, window) = (Arc::clone(&self.counted), self.window);
        tokio::spawn(async move {
            let reason = reason.to_string();
            let (peer, kind) = key;
            note_turned_away(&ledger, TurnedAway { peer, kind, reason: &reason, left_out: 0 }).await;
            tokio::time::sleep(window).await;
            let left_out = counted.end(&key);
            if left_out > 0 {
                note_turned_away(&ledger, TurnedAway { peer, kind, reason: &reason, left_out }).await;
            }
        });
    }
}

impl Authenticate for Doorkeeper {
    fn caller<'call>(
        &'call self,
        presented: Presented<'call>,
        peer: Option<IpAddr>,
    ) -> BoxFuture<'call, Result<Caller, Unauthenticated>> {
        async move {
            let result = self.inner.caller(presented, peer).await;
            // whoever brings no token is only asking where to get one
            if let Some(reason) = result.as_ref().err().filter(|reason| **reason != Unauthenticated::Missing) {
                self.note(peer, *reason);
            }
            result
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_kind_is_told_and_the_rest_is_counted() {
        let counted = Counted::default();
        let peer = |text: &str| Some(text.parse().expect("an address"));
        let key = counted.first(peer("2001:db8::1"), "expired").expect("the first");
        assert_eq!(counted.first(peer("2001:db8::2"), "expired"), None, "the same network");
        assert_eq!(counted.first(peer("2001:db8::2"), "expired"), None);
        assert!(counted.first(peer("2001:db8::2"), "key").is_some(), "another kind");
        assert!(counted.first(peer("10.0.0.1"), "expired").is_some(), "another peer");
        assert_eq!(counted.end(&key), 2);
        assert!(counted.first(peer("2001:db8::1"), "expired").is_some(), "a new count");
    }

    #[test]
    fn a_flood_from_everywhere_is_counted_as_one() {
        let counted = Counted::default();
        let told = (0..100_000_u32).filter_map(|number| counted.first(Some(IpAddr::from(number.to_be_bytes())), "key"));
        assert_eq!(told.count(), MOST + 1);
        assert_eq!(counted.end(&(None, "key")), 100_000 - MOST as u64 - 1);
    }
}
