//! Sessions of the older protocol versions belong to the caller who opened them.
//!
//! The session id that a client sees carries a keyed hash over the id and the caller, so that an id that leaked is
//! worth nothing to another caller, and the server has nothing to remember.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use identity::Caller;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Refusal;

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// The key of this process; sessions end with it.
#[derive(Clone)]
pub(crate) struct SessionKey(Arc<[u8; 32]>);

impl SessionKey {
    /// # Errors
    /// Where the operating system has no randomness.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self(Arc::new(key)))
    }

    /// Every field has a length before it, so that no two callers and ids share a text.
    fn seal(&self, id: &str, caller: &Caller) -> String {
        let mut inner = Sha256::new_with_prefix(*self.0);
        for field in [id, caller.subject()] {
            inner.update((field.len() as u64).to_be_bytes());
            inner.update(field);
        }
        // hashed twice with the key in front, as HMAC does, against lengthening
        let outer = Sha256::new_with_prefix(*self.0).chain_update(inner.finalize());
        hex::encode(&outer.finalize()[..16])
    }

    fn open<'id>(&self, shown: &'id str, caller: &Caller) -> Option<&'id str> {
        let (id, seal) = shown.split_once('.')?;
        bool::from(self.seal(id, caller).as_bytes().ct_eq(seal.as_bytes())).then_some(id)
    }
}

/// Middleware: opens the session id on the way in and seals it on the way out.
pub(crate) async fn own(State(key): State<SessionKey>, mut request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return Refusal::Fault.into_response();
    };
    if let Some(shown) = request.headers().get(&SESSION) {
        let opened = shown.to_str().ok().and_then(|shown| key.open(shown, &caller)).map(HeaderValue::from_str);
        let Some(Ok(id)) = opened else { return Refusal::NoSuchSession.into_response() };
        request.headers_mut().insert(SESSION, id);
    }
    let mut response = next.run(request).await;
    let sealed = response
        .headers()
        .get(&SESSION)
        .and_then(|id| id.to_str().ok())
        .map(|id| HeaderValue::try_from(format!("{id}.{}", key.seal(id, &caller))));
    if let Some(Ok(sealed)) = sealed {
        response.headers_mut().insert(SESSION, sealed);
    }
    response
}

/// Sessions that one caller may have open; one more ends their oldest.
const MOST: usize = 500;

/// Which sessions each caller opened, the oldest first. Ones that have ended meanwhile count until they are the oldest.
#[derive(Clone, Default)]
pub(crate) struct Opened(Arc<Mutex<HashMap<String, VecDeque<HeaderValue>>>>);

impl Opened {
    /// Notes the session that an answer opened, and gives the request that ends the one which is too many.
    pub(crate) fn note(&self, caller: &Caller, asked_in: bool, answer: &Response) -> Option<Request> {
        let id = answer.headers().get(&SESSION).filter(|_| !asked_in)?;
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = opened.entry(caller.subject().to_owned()).or_default();
        own.push_back(id.clone());
        let oldest = if own.len() > MOST { own.pop_front() } else { None }?;
        let mut end = Request::new(Body::empty());
        *end.method_mut() = Method::DELETE;
        end.headers_mut().insert(SESSION, oldest);
        end.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
        Some(end)
    }
}

/// Whether a request is part of a session.
pub(crate) fn within(request: &Request) -> bool {
    request.headers().contains_key(&SESSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_opens_for_its_owner_only() {
        let key = SessionKey::generate().expect("randomness");
        let (ana, ben) = (Caller::local("ana", "viewer"), Caller::local("ben", "viewer"));
        let shown = format!("s1.{}", key.seal("s1", &ana));
        assert_eq!(key.open(&shown, &ana), Some("s1"));
        assert_eq!(key.open(&shown, &ben), None);
        assert_eq!(key.open("s1", &ana), None);
        assert_eq!(key.open(&shown.replace("s1.", "s2."), &ana), None);
        assert_eq!(SessionKey::generate().expect("randomness").open(&shown, &ana), None);
    }
}
