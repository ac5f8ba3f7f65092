//! Counts failed authentications by peer address, so that guessing tokens is slow.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// Failures that a peer may cause in one window before it has to wait.
const MAX_FAILURES_PER_WINDOW: u32 = 30;
const WINDOW: Duration = Duration::from_mins(1);
/// Bounds the memory of the table.
const MAX_PEERS: usize = 10_000;

/// The address that counts as one peer: an IPv4 address, or the /64 network that one IPv6 host has to itself.
#[must_use]
pub fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Failed authentications by peer.
#[derive(Debug, Default)]
pub(crate) struct FailedAttempts(Mutex<HashMap<IpAddr, Window>>);

#[derive(Debug)]
struct Window {
    started: Instant,
    failures: u32,
}

impl FailedAttempts {
    /// Counts a failure. Returns the seconds until the peer may try again if it has exceeded its limit.
    pub(crate) fn record_failure(&self, peer: IpAddr) -> Option<u64> {
        self.record_failure_at(network(peer), Instant::now())
    }

    /// Seconds until the peer may try again, without counting anything.
    pub(crate) fn retry_after(&self, peer: IpAddr) -> Option<u64> {
        let windows = self.0.lock();
        windows.get(&network(peer))?.remaining(Instant::now())
    }

    fn record_failure_at(&self, peer: IpAddr, now: Instant) -> Option<u64> {
        let mut windows = self.0.lock();
        if windows.len() >= MAX_PEERS && !windows.contains_key(&peer) {
            windows.retain(|_, window| now.duration_since(window.started) < WINDOW);
            if windows.len() >= MAX_PEERS {
                // a distributed guess: an unknown peer must not be faster than a known one
                return Some(WINDOW.as_secs());
            }
        }
        let window = windows.entry(peer).or_insert(Window { started: now, failures: 0 });
        if now.duration_since(window.started) >= WINDOW {
            *window = Window { started: now, failures: 0 };
        }
        window.failures = window.failures.saturating_add(1);
        window.remaining(now)
    }
}

impl Window {
    fn remaining(&self, now: Instant) -> Option<u64> {
        let remaining = WINDOW.checked_sub(now.duration_since(self.started))?;
        (self.failures > MAX_FAILURES_PER_WINDOW).then(|| remaining.as_secs() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_attempts_slow_down_one_peer_until_the_window_ends() {
        let attempts = FailedAttempts::default();
        let now = Instant::now();
        let [one, other] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().expect("an address"));
        for _ in 0..MAX_FAILURES_PER_WINDOW {
            assert_eq!(attempts.record_failure_at(one, now), None);
        }
        assert_eq!(attempts.record_failure_at(one, now), Some(61));
        assert!(attempts.retry_after(one).is_some());
        assert_eq!((attempts.record_failure_at(other, now), attempts.retry_after(other)), (None, None));
        assert_eq!(attempts.record_failure_at(one, now + WINDOW), None);
    }

    #[test]
    fn failed_attempts_count_an_ipv6_network_as_one_peer() {
        let network_of = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network_of("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(network_of("10.0.0.1"), "10.0.0.1");
        let attempts = FailedAttempts::default();
        for number in 0..=MAX_FAILURES_PER_WINDOW {
            let peer = Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) + u128::from(number));
            assert_eq!(attempts.record_failure(peer.into()).is_some(), number == MAX_FAILURES_PER_WINDOW);
        }
    }

    #[test]
    fn failed_attempts_use_bounded_memory() {
        let attempts = FailedAttempts::default();
        let now = Instant::now();
        for number in 0..u32::try_from(MAX_PEERS + 50).expect("small") {
            attempts.record_failure_at(IpAddr::from(number.to_be_bytes()), now);
        }
        assert_eq!(attempts.0.lock().len(), MAX_PEERS);
        let stranger = "::1".parse().expect("an address");
        assert!(attempts.record_failure_at(stranger, now).is_some());
        assert_eq!(attempts.record_failure_at(stranger, now + WINDOW), None);
    }
}
