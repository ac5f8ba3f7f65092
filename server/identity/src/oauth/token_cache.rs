//! Caches validated tokens by their hash.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};

use crate::{Claims, TokenHash};

/// Beyond this number the tokens that expire from the cache soonest are evicted.
const MAX_TOKENS: usize = 10_000;
/// How long the e-mail address from `userinfo` is cached. The token itself is validated more often.
const EMAIL_TTL: Duration = Duration::from_mins(5);

/// Validated tokens by hash.
#[derive(Default)]
pub(super) struct TokenCache(Mutex<HashMap<TokenHash, ValidatedToken>>);

/// A token that passed all checks, and for how long that result may be used.
#[derive(Clone)]
pub(super) struct ValidatedToken {
    pub(super) claims: Claims,
    /// Until when the result is used without another check.
    pub(super) valid_until: Instant,
    /// When the token itself expires.
    pub(super) expires: Instant,
    /// When the e-mail address was requested from `userinfo`.
    pub(super) email_fetched: Option<Instant>,
}

impl TokenCache {
    /// The claims of a token that needs no other check.
    pub(super) fn get(&self, token: &TokenHash) -> Option<Claims> {
        let tokens = self.tokens();
        let found = tokens.get(token)?;
        (found.valid_until > Instant::now()).then(|| found.claims.clone())
    }

    /// Whether a token was valid at its last check and has not expired since.
    pub(super) fn was_valid(&self, token: &TokenHash) -> bool {
        self.tokens().get(token).is_some_and(|found| found.expires > Instant::now())
    }

    /// The user's e-mail address and when it was requested, if that is recent.
    pub(super) fn email(&self, token: &TokenHash) -> Option<(String, Instant)> {
        let tokens = self.tokens();
        let found = tokens.get(token)?;
        let fetched = found.email_fetched.filter(|fetched| fetched.elapsed() < EMAIL_TTL)?;
        Some((found.claims.email.clone()?, fetched))
    }

    /// Stores a token. In a full cache, expired results are evicted first, then the half that expires soonest.
    pub(super) fn insert(&self, token: TokenHash, validated: ValidatedToken) {
        let mut tokens = self.tokens();
        if tokens.len() >= MAX_TOKENS {
            let now = Instant::now();
            tokens.retain(|_, found| found.valid_until > now);
        }
        if tokens.len() >= MAX_TOKENS {
            let mut ends: Vec<Instant> = tokens.values().map(|found| found.valid_until).collect();
            let (_, median, _) = ends.select_nth_unstable(MAX_TOKENS / 2);
            let median = *median;
            tokens.retain(|_, found| found.valid_until > median);
        }
        tokens.insert(token, validated);
    }

    /// Removes a token that is no longer valid.
    pub(super) fn remove(&self, token: &TokenHash) {
        self.tokens().remove(token);
    }

    fn tokens(&self) -> MutexGuard<'_, HashMap<TokenHash, ValidatedToken>> {
        self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_cache_expires_results_and_never_exceeds_its_bound() {
        let cache = TokenCache::default();
        let claims = Claims { subject: "ana".to_owned(), ..Claims::default() };
        let now = Instant::now();
        let later = now + Duration::from_mins(10);
        let validated = |valid_until| ValidatedToken {
            claims: claims.clone(),
            valid_until,
            expires: later,
            email_fetched: Some(now),
        };
        cache.insert(TokenHash::digest("old"), validated(now));
        assert_eq!(cache.get(&TokenHash::digest("old")), None);
        assert!(cache.was_valid(&TokenHash::digest("old")) && !cache.was_valid(&TokenHash::digest("new")));
        cache.remove(&TokenHash::digest("old"));
        assert!(!cache.was_valid(&TokenHash::digest("old")));
        for number in 0..MAX_TOKENS * 3 {
            let until = now + Duration::from_mins(1) + Duration::from_millis(number as u64);
            cache.insert(TokenHash::digest(&number.to_string()), validated(until));
        }
        assert!(cache.0.lock().len() <= MAX_TOKENS);
        assert_eq!(cache.get(&TokenHash::digest(&(MAX_TOKENS * 3 - 1).to_string())), Some(claims));
    }
}
