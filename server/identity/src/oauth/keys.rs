//! The provider's public keys (RFC 7517), kept from one token to the next and looked at again for an unknown key id.

use std::sync::Arc;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde_json::Value;

use super::{ProviderDown, Refused, Settings, kept::Kept};

/// The least length of an RSA modulus, in bytes (NIST SP 800-131A).
const RSA_BYTES: usize = 256;

/// One key that can check signatures.
#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl Key {
    fn read(value: &Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value.clone()).ok()?;
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        if jwk.common.key_operations.as_ref().is_some_and(|may| !may.contains(&KeyOperations::Verify)) {
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

/// The keys at one address, as they were last seen.
#[derive(Default)]
pub(super) struct Keys(Kept<Arc<[Key]>>);

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
        let look = async |_| {
            let set = look().await?;
            let keys = set.get("keys").and_then(Value::as_array).ok_or(ProviderDown)?;
            Ok(keys.iter().filter_map(Key::read).collect())
        };
        let keys: Arc<[Key]> = self.0.get(settings, |keys| pick(keys, id, algorithm).is_some(), look).await?;
        Ok(pick(&keys, id, algorithm).cloned().ok_or(Refused::Key))
    }
}

/// The key of this id; without an id, the only key that fits.
fn pick<'keys>(keys: &'keys [Key], id: Option<&str>, algorithm: Algorithm) -> Option<&'keys DecodingKey> {
    let mut fitting = keys.iter().filter(|key| key.algorithms.contains(&algorithm));
    if id.is_some() {
        return fitting.find(|key| key.id.as_deref() == id).map(|key| &key.key);
    }
    let only = fitting.next()?;
    fitting.next().is_none().then_some(&only.key)
}
