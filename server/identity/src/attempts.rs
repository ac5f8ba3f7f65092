//! How often each peer was turned away of late, so that guessing is slow.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// So many refusals a peer has in a window before it has to wait.
const FREE: u32 = 30;
const WINDOW: Duration = Duration::from_mins(1);
/// Peers that are remembered at most.
const MOST: usize = 10_000;

/// What counts as one peer: an IPv4 address, or the network of 64 bits that one IPv6 host has to itself.
#[must_use]
pub fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        four @ IpAddr::V4(_) => four,
    }
}

/// Refusals by peer.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<IpAddr, (Instant, u32)>>);

impl Attempts {
    /// Counts a refusal, and says in how many seconds the peer may try again where it has had too many.
    pub(crate) fn refused(&self, peer: IpAddr) -> Option<u64> {
        self.refused_at(network(peer), Instant::now())
    }

    /// The same without counting.
    pub(crate) fn waits(&self, peer: IpAddr) -> Option<u64> {
        let attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (begun, count) = attempts.get(&network(peer))?;
        left(*begun, *count, Instant::now())
    }

    fn refused_at(&self, peer: IpAddr, now: Instant) -> Option<u64> {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() >= MOST && !attempts.contains_key(&peer) {
            attempts.retain(|_, (begun, _)| now.duration_since(*begun) < WINDOW);
            if attempts.len() >= MOST {
                // so many peers at once guess together: none of them is let through faster for being new
                return Some(WINDOW.as_secs());
            }
        }
        let (begun, count) = attempts.entry(peer).or_insert((now, 0));
        if now.duration_since(*begun) >= WINDOW {
            (*begun, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        left(*begun, *count, now)
    }
}

fn left(begun: Instant, count: u32, now: Instant) -> Option<u64> {
    let left = WINDOW.checked_sub(now.duration_since(begun))?;
    (count > FREE).then(|| left.as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guessing_is_slowed_by_peer_and_forgotten_after_a_while() {
        let attempts = Attempts::default();
        let now = Instant::now();
        let [one, other] = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().expect("an address"));
        for _ in 0..FREE {
            assert_eq!(attempts.refused_at(one, now), None);
        }
        assert_eq!(attempts.refused_at(one, now), Some(61));
        assert!(attempts.waits(one).is_some());
        assert_eq!((attempts.refused_at(other, now), attempts.waits(other)), (None, None));
        assert_eq!(attempts.refused_at(one, now + WINDOW), None);
    }

    #[test]
    fn a_host_with_many_addresses_is_one_peer() {
        let of = |text: &str| network(text.parse().expect("an address")).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!((of("::ffff:10.0.0.1"), of("10.0.0.1")), ("10.0.0.1".to_owned(), "10.0.0.1".to_owned()));
        let attempts = Attempts::default();
        for number in 0..=FREE {
            let peer = Ipv6Addr::from_bits((0x2001_0db8_u128 << 96) + u128::from(number));
            assert_eq!(attempts.refused(peer.into()).is_some(), number == FREE);
        }
    }

    #[test]
    fn memory_is_bounded_however_many_guess() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for number in 0..u32::try_from(MOST + 50).expect("small") {
            attempts.refused_at(IpAddr::from(number.to_be_bytes()), now);
        }
        assert_eq!(attempts.0.lock().expect("not poisoned").len(), MOST);
        assert!(attempts.refused_at("::1".parse().expect("an address"), now).is_some());
        assert_eq!(attempts.refused_at("::1".parse().expect("an address"), now + WINDOW), None);
    }
}
