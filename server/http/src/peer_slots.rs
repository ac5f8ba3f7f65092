//! Counts the open connections of each peer.

use std::{collections::HashMap, net::IpAddr, sync::Arc};

use parking_lot::Mutex;

/// Open connections by peer; clones share the counts.
#[derive(Debug, Clone)]
pub(crate) struct PeerSlots {
    most: usize,
    open: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One connection, counted until it is dropped.
#[derive(Debug)]
pub(crate) struct PeerSlot {
    peer: IpAddr,
    slots: PeerSlots,
}

impl PeerSlots {
    /// Admits at most so many connections of one peer; 0 for no limit.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// Counts a connection; `None` if its peer has the maximum.
    pub(crate) fn acquire(&self, address: IpAddr) -> Option<PeerSlot> {
        let peer = network(address);
        let mut open = self.open.lock();
        let count = open.entry(peer).or_default();
        if self.most > 0 && *count >= self.most {
            return None;
        }
        *count += 1;
        Some(PeerSlot { peer, slots: self.clone() })
    }
}

impl Drop for PeerSlot {
    fn drop(&mut self) {
        let mut open = self.slots.open.lock();
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

/// The address, or the /64 network of an IPv6 address: one host usually has all addresses of it.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peer_has_its_maximum_and_others_have_theirs() {
        let slots = PeerSlots::new(2);
        let acquire = |address: &str| slots.acquire(address.parse().expect("an address"));
        let held =
            [acquire("2001:db8::1"), acquire("2001:db8::2:2"), acquire("192.0.2.1"), acquire("::ffff:192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(acquire("2001:db8::3").is_none() && acquire("192.0.2.1").is_none());
        assert!(acquire("2001:db8:0:1::1").is_some() && acquire("192.0.2.2").is_some());
        drop(held);
        assert!(acquire("2001:db8::3").is_some() && slots.open.lock().is_empty());
    }
}
