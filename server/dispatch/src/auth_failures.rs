//! Records rejected tokens and sign-ins in the ledger: the first of a peer and reason at once, the rest as a count, so that a flood
//! cannot fill the disk.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use identity::network;
use parking_lot::{Mutex, MutexGuard};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Dispatcher,
    auth_failure::{AuthFailure, record_auth_failure},
};

/// The largest number of peers and reasons that are counted apart; beyond it, all peers count as one. With the window this limits a
/// flood to one record a second, however many peers take part in it.
const MAX_TRACKED: usize = 128;

/// Records failed authentications, at a bounded rate.
pub struct AuthFailureRecorder {
    ledger: Arc<Dispatcher>,
    window: Duration,
    counted: Arc<Counted>,
    closing: CancellationToken,
    writing: TaskTracker,
}

/// Refusals since the record of the first, by peer and kind.
#[derive(Default)]
struct Counted(Mutex<HashMap<Key, u64>>);

type Key = (Option<IpAddr>, &'static str);

impl Counted {
    /// Counts a failure. Returns the key under which to record it if it is the first.
    fn is_first(&self, peer: Option<IpAddr>, kind: &'static str) -> Option<Key> {
        let mut counted = self.counted();
        let own = (peer.map(network), kind);
        let key = if counted.len() < MAX_TRACKED || counted.contains_key(&own) { own } else { (None, kind) };
        if let Some(count) = counted.get_mut(&key) {
            *count += 1;
            return None;
        }
        counted.insert(key, 0);
        Some(key)
    }

    /// Ends the count of a key.
    fn take_count(&self, key: &Key) -> u64 {
        self.counted().remove(key).unwrap_or_default()
    }

    fn counted(&self) -> MutexGuard<'_, HashMap<Key, u64>> {
        self.0.lock()
    }
}

impl AuthFailureRecorder {
    /// Records the first failure of each kind and peer at once, and the number of further ones after `window`.
    #[must_use]
    pub fn new(ledger: Arc<Dispatcher>, window: Duration) -> Self {
        let (counted, closing, writing) = (Arc::default(), CancellationToken::new(), TaskTracker::new());
        Self { ledger, window, counted, closing, writing }
    }

    /// Notes that a token or a sign-in from `peer` was refused; never the token. `kind` is one word for why.
    pub fn record(&self, peer: Option<IpAddr>, kind: &'static str, reason: String) {
        let Some(key) = self.counted.is_first(peer, kind) else { return };
        let ledger = Arc::clone(&self.ledger);
        let (counted, window, closing) = (Arc::clone(&self.counted), self.window, self.closing.clone());
        self.writing.spawn(async move {
            let (peer, kind) = key;
            record_auth_failure(&ledger, AuthFailure { peer, reason_code: kind, reason: &reason, suppressed: 0 }).await;
            // a server that stops records at once
            let _ = tokio::time::timeout(window, closing.cancelled()).await;
            let suppressed = counted.take_count(&key);
            if suppressed > 0 {
                record_auth_failure(&ledger, AuthFailure { peer, reason_code: kind, reason: &reason, suppressed })
                    .await;
            }
        });
    }

    /// Writes down all that was counted so far, and returns when the ledger has it: what a server does before it closes the
    /// ledger.
    pub async fn close(&self) {
        self.closing.cancel();
        self.writing.close();
        self.writing.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorder_reports_the_first_failure_and_counts_the_rest() {
        let counted = Counted::default();
        let peer = |text: &str| Some(text.parse().expect("an address"));
        let key = counted.is_first(peer("2001:db8::1"), "expired").expect("the first");
        assert_eq!(counted.is_first(peer("2001:db8::2"), "expired"), None, "the same network");
        assert_eq!(counted.is_first(peer("2001:db8::2"), "expired"), None);
        assert!(counted.is_first(peer("2001:db8::2"), "key").is_some(), "another kind");
        assert!(counted.is_first(peer("10.0.0.1"), "expired").is_some(), "another peer");
        assert_eq!(counted.take_count(&key), 2);
        assert!(counted.is_first(peer("2001:db8::1"), "expired").is_some(), "a new count");
    }

    #[test]
    fn recorder_counts_a_flood_from_many_peers_as_one() {
        let counted = Counted::default();
        let reported =
            (0..100_000_u32).filter_map(|number| counted.is_first(Some(IpAddr::from(number.to_be_bytes())), "key"));
        assert_eq!(reported.count(), MAX_TRACKED + 1);
        assert_eq!(counted.take_count(&(None, "key")), 100_000 - MAX_TRACKED as u64 - 1);
    }
}
