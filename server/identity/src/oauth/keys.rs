//! The provider's public keys (RFC 7517): cached, and fetched again for an unknown key id.

use std::sync::Arc;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde_json::Value;

use super::{
    ProviderUnavailable, RefreshPolicy, TokenError, TokenRejection,
    refresh_cache::{Refresh, RefreshingCache},
};

/// The minimum length of an RSA modulus, in bytes (NIST SP 800-131A).
const MIN_RSA_BYTES: usize = 256;

/// One key that can verify signatures.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl Key {
    /// `None` for keys that must not or cannot verify signatures here.
    fn parse(value: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        if jwk.common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
            return None;
        }
        let mut algorithms = match &jwk.algorithm {
            AlgorithmParameters::RSA(key) if decoded_len(&key.n) >= MIN_RSA_BYTES => vec![
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
            // short RSA keys, shared secrets, unknown types
            _ => return None,
        };
        if let Some(name) = value.get("alg").and_then(Value::as_str) {
            algorithms.retain(|algorithm| format!("{algorithm:?}") == name);
        }
        Some(Self { id: jwk.common.key_id.clone(), algorithms, key: DecodingKey::from_jwk(&jwk).ok()? })
    }
}

/// Decoded length of a base64url text, leading zero bytes included.
fn decoded_len(text: &str) -> usize {
    text.trim_end_matches('=').len() * 3 / 4
}

/// The key that a token names in its header.
#[derive(Clone, Copy)]
pub(super) struct KeyQuery<'token> {
    pub(super) id: Option<&'token str>,
    pub(super) algorithm: Algorithm,
}

/// The keys at one URL of the provider.
pub(super) struct Keys(RefreshingCache<Arc<[Key]>>);

impl Keys {
    pub(super) fn new(policy: RefreshPolicy) -> Self {
        Self(RefreshingCache::new(policy))
    }

    /// Whether there are keys that are used while the provider is unavailable.
    pub(super) fn are_cached(&self) -> bool {
        self.0.is_usable()
    }

    /// Finds the key that signed a token. `fetch` requests the key set from the provider.
    ///
    /// # Errors
    /// [`TokenRejection::UnknownKey`] if the provider does not publish it; [`TokenError::ProviderUnavailable`] if that cannot be
    /// determined.
    pub(super) async fn find<Fetch>(
        &self,
        query: KeyQuery<'_>,
        fetch: impl FnOnce() -> Fetch,
    ) -> Result<DecodingKey, TokenError>
    where
        Fetch: Future<Output = Result<Value, ProviderUnavailable>>,
    {
        let pick = |keys: Arc<[Key]>| query.pick(&keys).cloned();
        if let Some(key) = self.0.fresh().and_then(pick) {
            return Ok(key);
        }
        let refresher = self.0.refresher().await;
        if let Some(key) = self.0.fresh().and_then(pick) {
            return Ok(key); // another task has refreshed the keys meanwhile
        }
        match refresher.run(async |_| parse_key_set(&fetch().await?)).await {
            Refresh::Fetched(keys) | Refresh::Throttled(Some(keys)) => {
                pick(keys).ok_or(TokenRejection::UnknownKey.into())
            }
            // an unknown key may be one that the provider has published since
            Refresh::Failed(keys) => keys.and_then(pick).ok_or(TokenError::ProviderUnavailable),
            Refresh::Throttled(None) => Err(TokenError::ProviderUnavailable),
        }
    }
}

fn parse_key_set(set: &Value) -> Result<Arc<[Key]>, ProviderUnavailable> {
    let keys = set.get("keys").and_then(Value::as_array).ok_or(ProviderUnavailable)?;
    Ok(keys.iter().filter_map(Key::parse).collect())
}

/// How many keys of a set can verify signatures with one of these algorithms; `None` if it is no set of keys.
pub(super) fn count_keys(set: &Value, algorithms: &[Algorithm]) -> Option<usize> {
    let usable = |key: &&Key| key.algorithms.iter().any(|algorithm| algorithms.contains(algorithm));
    Some(parse_key_set(set).ok()?.iter().filter(usable).count())
}

impl KeyQuery<'_> {
    /// The key with this id. Without an id, the only key for the algorithm.
    fn pick<'keys>(&self, keys: &'keys [Key]) -> Option<&'keys DecodingKey> {
        let mut candidates = keys.iter().filter(|key| key.algorithms.contains(&self.algorithm));
        if self.id.is_some() {
            return candidates.find(|key| key.id.as_deref() == self.id).map(|key| &key.key);
        }
        let only = candidates.next()?;
        candidates.next().is_none().then_some(&only.key)
    }
}
