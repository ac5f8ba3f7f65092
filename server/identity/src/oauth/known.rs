//! Tokens that were checked a moment ago, by their hashes.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{Claims, TokenHash};

/// How many are kept; beyond that, those go first that have to be checked again soonest.
const MOST: usize = 10_000;
/// For how long a user's address is not looked up again. The token itself is looked at more often.
const ADDRESS_KEPT: Duration = Duration::from_mins(5);

#[derive(Default)]
pub(super) struct Known(Mutex<HashMap<TokenHash, Kept>>);

struct Kept {
    claims: Claims,
    /// Until when they are taken for good without another look.
    until: Instant,
    /// When the token ends, if it is not revoked before.
    expires: Instant,
    /// When the user's address was looked up.
    looked_up: Option<Instant>,
}

/// A token that was checked, and for how long that counts.
pub(super) struct Checked<'claims> {
    pub(super) claims: &'claims Claims,
    /// Until when no other look is needed.
    pub(super) until: Instant,
    /// When the token ends.
    pub(super) expires: Instant,
    /// When the user's address was looked up, where it was.
    pub(super) looked_up: Option<Instant>,
}

impl Known {
    /// The claims of a token that need no other look.
    pub(super) fn get(&self, token: &TokenHash) -> Option<Claims> {
        let known = self.known();
        let kept = known.get(token)?;
        (kept.until > Instant::now()).then(|| kept.claims.clone())
    }

    /// Whether a token was good when it was last looked at.
    pub(super) fn was_good(&self, token: &TokenHash) -> bool {
        self.known().get(token).is_some_and(|kept| kept.expires > Instant::now())
    }

    /// The user's address, and when it was looked up, if that is not long ago.
    pub(super) fn email(&self, token: &TokenHash) -> Option<(String, Instant)> {
        let known = self.known();
        let kept = known.get(token)?;
        let looked_up = kept.looked_up.filter(|at| at.elapsed() < ADDRESS_KEPT)?;
        Some((kept.claims.email.clone()?, looked_up))
    }

    pub(super) fn keep(&self, token: TokenHash, checked: &Checked<'_>) {
        let mut known = self.known();
        if known.len() >= MOST {
            let now = Instant::now();
            known.retain(|_, kept| kept.until > now);
        }
        if known.len() >= MOST {
            let mut ends: Vec<Instant> = known.values().map(|kept| kept.until).collect();
            let (_, middle, _) = ends.select_nth_unstable(MOST / 2);
            let middle = *middle;
            known.retain(|_, kept| kept.until > middle);
        }
        let Checked { claims, until, expires, looked_up } = *checked;
        known.insert(token, Kept { claims: claims.clone(), until, expires, looked_up });
    }

    /// Forgets a token that turned out to be good no longer.
    pub(super) fn forget(&self, token: &TokenHash) {
        self.known().remove(token);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<TokenHash, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_in_time_and_never_grows_beyond_its_bound() {
        let known = Known::default();
        let claims = Claims { subject: "ana".to_owned(), ..Claims::default() };
        let now = Instant::now();
        let later = now + Duration::from_mins(10);
        let checked = |until| Checked { claims: &claims, until, expires: later, looked_up: Some(now) };
        known.keep(TokenHash::of("old"), &checked(now));
        assert_eq!(known.get(&TokenHash::of("old")), None);
        assert!(known.was_good(&TokenHash::of("old")) && !known.was_good(&TokenHash::of("new")));
        known.forget(&TokenHash::of("old"));
        assert!(!known.was_good(&TokenHash::of("old")));
        for number in 0..MOST * 3 {
            let until = now + Duration::from_mins(1) + Duration::from_millis(number as u64);
            known.keep(TokenHash::of(&number.to_string()), &checked(until));
        }
        assert!(known.0.lock().expect("not poisoned").len() <= MOST);
        assert_eq!(known.get(&TokenHash::of(&(MOST * 3 - 1).to_string())), Some(claims));
    }
}
