//! The provider's public keys (RFC 7517), kept from one token to the next and looked at again for an unknown key id.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde_json::Value;

use super::{ProviderDown, Refused, Settings};

/// The least length of an RSA modulus, in bytes (NIST SP 800-131A).
const RSA_BYTES: usize = 256;

/// One key that can check signatures.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(key) if bytes(&key.n) >= RSA_BYTES => vec![
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => vec![Algorithm::ES256],
                EllipticCurve::P384 => vec![Algorithm::ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => vec![Algorithm::EdDSA],
            // short keys, shared secrets, and what we do not know
            _ => return None,
        };
        if let Some(named) = value.get("alg").and_then(Value::as_str) {
            algorithms.retain(|algorithm| format!("{algorithm:?}") == named);
        }
        Some(Self { id: jwk.common.key_id.clone(), algorithms, key: DecodingKey::from_jwk(&jwk).ok()? })
    }
}

/// Length of what a base64url text stands for, leading zero bytes included.
fn bytes(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

/// The keys as they were last seen.
#[derive(Default)]
pub(super) struct Keys {
    seen: Mutex<Seen>,
    looking: tokio::sync::Mutex<()>,
}

#[derive(Default, Clone)]
struct Seen {
    keys: Arc<[Key]>,
    at: Option<Instant>,
    tried: Option<Instant>,
}

impl Keys {
    /// The key with which a token says that it was signed. `look` asks the provider for its key set.
    ///
    /// # Errors
    /// [`Refused`] inside, where there is no such key; [`ProviderDown`] where that cannot be known.
    pub(super) async fn find<Look>(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        settings: &Settings,
        look: impl FnOnce() -> Look,
    ) -> Result<Result<DecodingKey, Refused>, ProviderDown>
    where
        Look: Future<Output = Result<Value, ProviderDown>>,
    {
        let seen = self.seen();
        let fresh = seen.at.is_some_and(|at| at.elapsed() < settings.keys_fresh);
        if let (true, Some(key)) = (fresh, pick(&seen.keys, id, algorithm)) {
            return Ok(Ok(key));
        }
        let _one = self.looking.lock().await;
        let seen = self.seen(); // somebody else may have looked meanwhile
        let found = pick(&seen.keys, id, algorithm);
        let fresh = seen.at.is_some_and(|at| at.elapsed() < settings.keys_fresh);
        let recent = seen.tried.is_some_and(|tried| tried.elapsed() < settings.keys_pause);
        let usable = seen.at.is_some_and(|at| at.elapsed() < settings.keys_stale);
        match found {
            Some(key) if fresh => return Ok(Ok(key)),
            Some(key) if recent && usable => return Ok(Ok(key)),
            None if recent && usable => return Ok(Err(Refused::Key)),
            _ if recent => return Err(ProviderDown),
            _ => {}
        }
        self.change(|seen| seen.tried = Some(Instant::now()));
        match look().await {
            Ok(set) => {
                let keys = set.get("keys").and_then(Value::as_array).ok_or(ProviderDown)?;
                let keys: Arc<[Key]> = keys.iter().filter_map(Key::read).collect();
                self.change(|seen| (seen.keys, seen.at) = (Arc::clone(&keys), Some(Instant::now())));
                Ok(pick(&keys, id, algorithm).ok_or(Refused::Key))
            }
            // old keys are better than none, for a while
            Err(ProviderDown) => match found {
                Some(key) if usable => Ok(Ok(key)),
                _ => Err(ProviderDown),
            },
        }
    }

    fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The key of this id; without an id, the only key that fits.
fn pick(keys: &[Key], id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let fitting = || keys.iter().filter(|key| key.algorithms.contains(&algorithm));
    if id.is_some() {
        return fitting().find(|key| key.id.as_deref() == id).map(|key| key.key.clone());
    }
    let mut fitting = fitting();
    let only = fitting.next()?;
    fitting.next().is_none().then(|| only.key.clone())
}
