//! Sessions, in memory only: a restart signs everyone out.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use identity::TokenHash;
use parking_lot::Mutex;

/// Open sessions; one more ends the session that would expire first.
const MAX_SESSIONS: usize = 1000;

/// All sessions by the hashes of their ids, so that a memory dump contains no session id.
pub(crate) struct Sessions {
    open: Mutex<HashMap<TokenHash, Session>>,
    lifetime: Duration,
}

/// One session. Has no `Debug`, because of the token.
#[derive(Clone)]
pub(crate) struct Session {
    /// The token of the sign-in. Every request authenticates it again.
    pub(crate) token: String,
    /// CSRF token of all forms of the session.
    pub(crate) csrf: String,
    expires_at: Instant,
}

impl Sessions {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self { open: Mutex::default(), lifetime }
    }

    /// Starts a session and returns its id, which only the browser stores.
    ///
    /// # Errors
    /// The operating system provides no randomness.
    pub(crate) fn begin(&self, token: String) -> Result<String, getrandom::Error> {
        let (id, csrf) = (random()?, random()?);
        let now = Instant::now();
        let mut open = self.open.lock();
        open.retain(|_, session| session.expires_at > now);
        if open.len() >= MAX_SESSIONS {
            let first = open.iter().min_by_key(|(_, session)| session.expires_at).map(|(id, _)| *id);
            first.and_then(|first| open.remove(&first));
        }
        open.insert(TokenHash::digest(&id), Session { token, csrf, expires_at: now + self.lifetime });
        Ok(id)
    }

    /// The session with this id, if it has not expired.
    pub(crate) fn find(&self, id: &str) -> Option<Session> {
        let open = self.open.lock();
        open.get(&TokenHash::digest(id)).filter(|session| session.expires_at > Instant::now()).cloned()
    }

    /// Ends a session.
    pub(crate) fn end(&self, id: &str) {
        self.open.lock().remove(&TokenHash::digest(id));
    }

    /// Lifetime of a session in seconds.
    pub(crate) fn seconds(&self) -> u64 {
        self.lifetime.as_secs().max(1)
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
    fn session_is_found_by_id_until_it_ends() {
        let sessions = Sessions::new(Duration::from_mins(1));
        let id = sessions.begin("t1".to_owned()).expect("randomness");
        assert_eq!(sessions.find(&id).map(|session| session.token).as_deref(), Some("t1"));
        assert!(sessions.find("").is_none() && sessions.find(&id[1..]).is_none());
        sessions.end(&id);
        assert!(sessions.find(&id).is_none());
        let expired = Sessions::new(Duration::ZERO);
        let id = expired.begin("t2".to_owned()).expect("randomness");
        assert!(expired.find(&id).is_none());
    }

    #[test]
    fn sessions_are_bounded_and_oldest_ends_first() {
        let sessions = Sessions::new(Duration::from_mins(1));
        let ids: Vec<_> = (0..=MAX_SESSIONS).map(|_| sessions.begin(String::new()).expect("randomness")).collect();
        assert_eq!(sessions.open.lock().len(), MAX_SESSIONS);
        assert!(sessions.find(&ids[0]).is_none() && sessions.find(&ids[MAX_SESSIONS]).is_some());
    }
}
