//! Who is signed in: kept in memory only, so a restart signs everybody out.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::TokenHash;

/// Sessions that are kept at most; one more ends the one that would have ended first.
const MOST: usize = 1000;

/// All sessions, by the hashes of their ids: what is kept here signs nobody in.
pub(crate) struct Sessions {
    open: Mutex<HashMap<TokenHash, Session>>,
    lasts: Duration,
}

/// One session. Has no `Debug`, because of the token.
#[derive(Clone)]
pub(crate) struct Session {
    /// The token that the person signed in with. It is looked at again with every request.
    pub(crate) token: String,
    /// What every form of the session carries.
    pub(crate) csrf: String,
    until: Instant,
}

impl Sessions {
    pub(crate) fn new(lasts: Duration) -> Self {
        Self { open: Mutex::default(), lasts }
    }

    /// Opens a session and gives its id, which only the browser keeps.
    ///
    /// # Errors
    /// Where the operating system has no randomness.
    pub(crate) fn begin(&self, token: String) -> Result<String, getrandom::Error> {
        let (id, csrf) = (random()?, random()?);
        let now = Instant::now();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| session.until > now);
        if open.len() >= MOST {
            let first = open.iter().min_by_key(|(_, session)| session.until).map(|(id, _)| *id);
            first.and_then(|first| open.remove(&first));
        }
        open.insert(TokenHash::digest(&id), Session { token, csrf, until: now + self.lasts });
        Ok(id)
    }

    /// The session of an id, if it has not ended.
    pub(crate) fn find(&self, id: &str) -> Option<Session> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&TokenHash::digest(id)).filter(|session| session.until > Instant::now()).cloned()
    }

    /// Ends a session.
    pub(crate) fn end(&self, id: &str) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&TokenHash::digest(id));
    }

    /// Seconds that a session lasts.
    pub(crate) fn seconds(&self) -> u64 {
        self.lasts.as_secs().max(1)
    }
}

/// 256 random bits, as 43 characters.
pub(crate) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_found_by_its_id_until_it_ends() {
        let sessions = Sessions::new(Duration::from_mins(1));
        let id = sessions.begin("t1".to_owned()).expect("randomness");
        assert_eq!(sessions.find(&id).map(|session| session.token).as_deref(), Some("t1"));
        assert!(sessions.find("").is_none() && sessions.find(&id[1..]).is_none());
        sessions.end(&id);
        assert!(sessions.find(&id).is_none());
        let over = Sessions::new(Duration::ZERO);
        let id = over.begin("t2".to_owned()).expect("randomness");
        assert!(over.find(&id).is_none());
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_goes_first() {
        let sessions = Sessions::new(Duration::from_mins(1));
        let ids: Vec<_> = (0..=MOST).map(|_| sessions.begin(String::new()).expect("randomness")).collect();
        assert_eq!(sessions.open.lock().expect("not poisoned").len(), MOST);
        assert!(sessions.find(&ids[0]).is_none() && sessions.find(&ids[MOST]).is_some());
    }
}
