//! States of sign-ins that were used up. The browser stores the state, so without this list it could be sent again and again, each time with
//! a request of this server to the provider.

use std::collections::HashMap;

use parking_lot::Mutex;

/// States that are remembered until they expire. While it is full, sign-ins do not finish.
const MAX_REMEMBERED: usize = 10_000;

/// The used states, by their ids, with the time of their expiry in seconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct FinishedSignIns(Mutex<HashMap<String, u64>>);

impl FinishedSignIns {
    /// Uses up a state; false if it was used before, or if too many are remembered.
    pub(crate) fn use_up(&self, id: &str, expires_at: u64, now: u64) -> bool {
        let mut used = self.0.lock();
        if used.len() >= MAX_REMEMBERED {
            used.retain(|_, expires_at| *expires_at > now);
        }
        if used.len() >= MAX_REMEMBERED || used.contains_key(id) {
            return false;
        }
        used.insert(id.to_owned(), expires_at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_state_is_used_up_once_and_memory_is_bounded() {
        let used = FinishedSignIns::default();
        assert!(used.use_up("a", 10, 0) && !used.use_up("a", 10, 0) && !used.use_up("a", 10, 99));
        for number in 1..MAX_REMEMBERED {
            assert!(used.use_up(&number.to_string(), 10, 0));
        }
        assert!(!used.use_up("one more", 10, 9), "full");
        assert!(used.use_up("one more", 20, 10), "the others have expired");
    }
}
