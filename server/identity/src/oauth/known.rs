//! Tokens that were checked a moment ago, by their hashes.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use crate::{Claims, TokenHash};

/// How many are kept; beyond that, those go first that have to be checked again soonest.
const MOST: usize = 10_000;

#[derive(Default)]
pub(super) struct Known(Mutex<HashMap<TokenHash, (Claims, Instant)>>);

impl Known {
    pub(super) fn get(&self, token: &TokenHash) -> Option<Claims> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (claims, until) = known.get(token)?;
        (*until > Instant::now()).then(|| claims.clone())
    }

    pub(super) fn keep(&self, token: TokenHash, claims: &Claims, until: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            let now = Instant::now();
            known.retain(|_, (_, until)| *until > now);
        }
        if known.len() >= MOST {
            let mut ends: Vec<Instant> = known.values().map(|(_, until)| *until).collect();
            let (_, middle, _) = ends.select_nth_unstable(MOST / 2);
            let middle = *middle;
            known.retain(|_, (_, until)| *until > middle);
        }
        known.insert(token, (claims.clone(), until));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_forgets_in_time_and_never_grows_beyond_its_bound() {
        let known = Known::default();
        let claims = Claims { subject: "ana".to_owned(), ..Claims::default() };
        let now = Instant::now();
        known.keep(TokenHash::of("old"), &claims, now);
        assert_eq!(known.get(&TokenHash::of("old")), None);
        for number in 0..MOST * 3 {
            let until = now + Duration::from_mins(1) + Duration::from_millis(number as u64);
            known.keep(TokenHash::of(&number.to_string()), &claims, until);
        }
        assert!(known.0.lock().expect("not poisoned").len() <= MOST);
        assert_eq!(known.get(&TokenHash::of(&(MOST * 3 - 1).to_string())), Some(claims));
    }
}
