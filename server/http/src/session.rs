//! Binds the sessions of older protocol versions to the caller that opened them.
//!
//! The session id that a client receives ends in an HMAC over the id and the caller. A leaked id is useless to another
//! caller, and the server stores nothing for it.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use identity::Caller;
use parking_lot::Mutex;
use sha2::Sha256;

use crate::HttpError;

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// The key that signs session ids. The process generates it at start, so a restart ends all sessions.
#[derive(Clone)]
pub(crate) struct SessionKey(Arc<[u8; 64]>);

impl SessionKey {
    /// # Errors
    /// The operating system provides no randomness.
    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        let mut key = [0; 64];
        getrandom::fill(&mut key)?;
        Ok(Self(Arc::new(key)))
    }

    /// HMAC-SHA256 over the id and the caller. The length before each field makes the encoding unambiguous.
    fn mac(&self, id: &str, caller: &Caller) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new(&(*self.0).into());
        for field in [id, caller.subject()] {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field.as_bytes());
        }
        mac
    }

    fn sign(&self, id: &str, caller: &Caller) -> String {
        format!("{id}.{}", hex::encode(self.mac(id, caller).finalize().into_bytes()))
    }

    fn verify<'id>(&self, signed: &'id str, caller: &Caller) -> Option<&'id str> {
        let (id, tag) = signed.split_once('.')?;
        self.mac(id, caller).verify_slice(&hex::decode(tag).ok()?).ok()?;
        Some(id)
    }
}

/// Middleware: verifies and strips the signature of the session id in requests, and signs the id in responses.
pub(crate) async fn verify_owner(State(key): State<SessionKey>, mut request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>().cloned() else {
        return HttpError::Internal.into_response();
    };
    if let Some(signed) = request.headers().get(&SESSION_ID) {
        let id = signed.to_str().ok().and_then(|signed| key.verify(signed, &caller)).map(HeaderValue::from_str);
        let Some(Ok(id)) = id else { return HttpError::NoSuchSession.into_response() };
        request.headers_mut().insert(SESSION_ID, id);
    }
    let mut response = next.run(request).await;
    let id = response.headers().get(&SESSION_ID).and_then(|id| id.to_str().ok());
    if let Some(Ok(signed)) = id.map(|id| HeaderValue::try_from(key.sign(id, &caller))) {
        response.headers_mut().insert(SESSION_ID, signed);
    }
    response
}

/// Open sessions per caller; one more ends the caller's oldest.
const MAX_PER_CALLER: usize = 500;

/// The sessions that each caller opened, oldest first. An ended session counts until it is the oldest.
#[derive(Clone, Default)]
pub(crate) struct SessionTracker(Arc<Mutex<HashMap<String, VecDeque<HeaderValue>>>>);

impl SessionTracker {
    /// Records the session that a response opened. If the caller has too many, returns the request that ends the oldest.
    pub(crate) fn track(&self, caller: &Caller, in_session: bool, response: &Response) -> Option<Request> {
        let id = response.headers().get(&SESSION_ID).filter(|_| !in_session)?;
        let mut sessions = self.0.lock();
        let opened = sessions.entry(caller.subject().to_owned()).or_default();
        opened.push_back(id.clone());
        let oldest = if opened.len() > MAX_PER_CALLER { opened.pop_front() } else { None }?;
        let mut end = Request::new(Body::empty());
        *end.method_mut() = Method::DELETE;
        end.headers_mut().insert(SESSION_ID, oldest);
        end.headers_mut().insert(header::HOST, HeaderValue::from_static("localhost"));
        Some(end)
    }
}

/// Whether a request belongs to a session.
pub(crate) fn is_in_session(request: &Request) -> bool {
    request.headers().contains_key(&SESSION_ID)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_id_verifies_for_its_owner_only() {
        let key = SessionKey::generate().expect("randomness");
        let (ana, ben) = (Caller::local("ana", "viewer"), Caller::local("ben", "viewer"));
        let signed = key.sign("s1", &ana);
        assert_eq!(key.verify(&signed, &ana), Some("s1"));
        assert_eq!(key.verify(&signed, &ben), None);
        assert_eq!(key.verify("s1", &ana), None);
        assert_eq!(key.verify(&signed[..signed.len() - 2], &ana), None, "a shortened tag");
        assert_eq!(key.verify(&signed.replace("s1.", "s2."), &ana), None);
        assert_eq!(SessionKey::generate().expect("randomness").verify(&signed, &ana), None);
    }
}
