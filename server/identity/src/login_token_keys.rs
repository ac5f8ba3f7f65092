//! Keys that sign login tokens: tokens by which this server names a caller to a controller that trusts it.
//!
//! Controllers fetch the public keys as a JSON Web Key Set (RFC 7517) and cache them for minutes, without asking again for an
//! unknown key. So a new key is published for [`PUBLICATION_LEAD`] before it signs, and an old one for [`RETENTION`] afterwards.

use std::{collections::BTreeMap, fmt, time::Duration};

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Time for which a new key is published before it signs. Juju refreshes its copy at least every 30 minutes.
pub const PUBLICATION_LEAD: Duration = Duration::from_hours(2);
/// Time for which a key stays published after a newer one has begun to sign.
pub const RETENTION: Duration = Duration::from_hours(24);
/// How far the clock of a controller may be behind.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);
/// Issuer of the tokens.
const ISSUER: &str = "juju-mcp";

/// The keys, the oldest first; never empty. `Debug` shows their ids only.
pub struct LoginTokenKeys(Vec<Key>);

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    /// Seconds since 1970.
    created_at: u64,
    /// Seed of the Ed25519 key (RFC 8032 section 5.1.5), in hexadecimal.
    seed: String,
}

/// One key, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginTokenKeyStatus {
    /// Id of the key, `kid`.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created_at: u64,
    /// Whether it signs now.
    pub signs: bool,
}

/// The content of a login token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginTokenClaims {
    /// User of Juju with its domain.
    pub user: String,
    /// UUID of the controller.
    pub controller_uuid: String,
    /// Access by tag.
    pub access: BTreeMap<String, &'static str>,
    /// How long the token is valid.
    pub lifetime: Duration,
}

/// Why keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginTokenKeyError {
    /// The text has another form.
    #[error("it does not contain the keys of login tokens")]
    Malformed,
    /// No randomness, or the library refuses the key.
    #[error("{0}")]
    Crypto(String),
}

impl LoginTokenKeys {
    /// One new key, which signs at once because no controller knows another.
    ///
    /// # Errors
    /// [`LoginTokenKeyError::Crypto`] without a source of randomness.
    pub fn generate(now: u64) -> Result<Self, LoginTokenKeyError> {
        Ok(Self(vec![Key::generate(now)?]))
    }

    /// Parses the output of [`Self::to_text`].
    ///
    /// # Errors
    /// [`LoginTokenKeyError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, LoginTokenKeyError> {
        let keys: Vec<Key> = serde_json::from_str(text).map_err(|_| LoginTokenKeyError::Malformed)?;
        let sorted = keys.is_sorted_by_key(|key| key.created_at);
        if keys.is_empty() || !sorted || keys.iter().any(|key| key.pair().is_err()) {
            return Err(LoginTokenKeyError::Malformed);
        }
        Ok(Self(keys))
    }

    /// The keys for a private file.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }

    /// Adds a key and drops those that need not be published any longer.
    ///
    /// # Errors
    /// [`LoginTokenKeyError::Crypto`] without a source of randomness.
    pub fn rotate(&mut self, now: u64) -> Result<(), LoginTokenKeyError> {
        // never older than the key that it replaces, whatever the clock does
        let newest = self.0.last().map_or(0, |key| key.created_at);
        self.0.push(Key::generate(now.max(newest))?);
        self.drop_expired(now);
        Ok(())
    }

    /// Replaces all keys by a new one, after one of them has leaked. Controllers refuse tokens until they have fetched it.
    ///
    /// # Errors
    /// [`LoginTokenKeyError::Crypto`] without a source of randomness.
    pub fn revoke_all(&mut self, now: u64) -> Result<(), LoginTokenKeyError> {
        self.0 = vec![Key::generate(now)?];
        Ok(())
    }

    /// Age of the newest key.
    #[must_use]
    pub fn age(&self, now: u64) -> Duration {
        Duration::from_secs(now.saturating_sub(self.0.last().map_or(now, |key| key.created_at)))
    }

    /// The keys, the oldest first.
    #[must_use]
    pub fn status(&self, now: u64) -> Vec<LoginTokenKeyStatus> {
        let signing = self.signing(now);
        let status = |(at, key): (usize, &Key)| LoginTokenKeyStatus {
            id: key.id(),
            created_at: key.created_at,
            signs: at == signing,
        };
        self.0.iter().enumerate().map(status).collect()
    }

    /// The public keys as a JSON Web Key Set.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys = self.0.iter().filter_map(|key| {
            let public = key.pair().ok()?.public_key().as_ref().to_vec();
            let x = BASE64_URL_SAFE_NO_PAD.encode(public);
            Some(json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.id(), "use": "sig", "alg": "EdDSA"}))
        });
        json!({"keys": keys.collect::<Vec<_>>()})
    }

    /// Signs a token.
    ///
    /// # Errors
    /// [`LoginTokenKeyError::Crypto`] if the library refuses.
    pub fn sign(&self, claims: &LoginTokenClaims, now: u64) -> Result<String, LoginTokenKeyError> {
        let failed = |cause: &dyn fmt::Display| LoginTokenKeyError::Crypto(cause.to_string());
        let key = &self.0[self.signing(now)];
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|cause| failed(&cause))?;
        let payload = json!({
            "iss": ISSUER,
            "sub": format!("user-{}", claims.user),
            "aud": [claims.controller_uuid],
            "iat": now.saturating_sub(CLOCK_TOLERANCE.as_secs()),
            "exp": now.saturating_add(claims.lifetime.as_secs()),
            "jti": hex::encode(random),
            "access": claims.access,
        });
        let header = Header { kid: Some(key.id()), ..Header::new(Algorithm::EdDSA) };
        let private: Pkcs8V1Der<'_> = key.pair()?.as_der().map_err(|cause| failed(&cause))?;
        let private = EncodingKey::from_ed_der(private.as_ref());
        jsonwebtoken::encode(&header, &payload, &private).map_err(|cause| failed(&cause))
    }

    /// Index of the key that signs: the newest of those that are published for long enough, else the oldest.
    fn signing(&self, now: u64) -> usize {
        let published = |key: &Key| key.created_at.saturating_add(PUBLICATION_LEAD.as_secs()) <= now;
        self.0.iter().rposition(published).unwrap_or(0)
    }

    fn drop_expired(&mut self, now: u64) {
        let begins = |key: &Key| key.created_at.saturating_add(PUBLICATION_LEAD.as_secs());
        let is_replaced = |key: &Key| begins(key).saturating_add(RETENTION.as_secs()) <= now;
        if let Some(at) = self.0.iter().rposition(is_replaced) {
            self.0.drain(..at);
        }
    }
}

impl fmt::Debug for LoginTokenKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(Key::id)).finish()
    }
}

impl Key {
    fn generate(now: u64) -> Result<Self, LoginTokenKeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|cause| LoginTokenKeyError::Crypto(cause.to_string()))?;
        Ok(Self { created_at: now, seed: hex::encode(seed) })
    }

    fn pair(&self) -> Result<Ed25519KeyPair, LoginTokenKeyError> {
        let seed = hex::decode(&self.seed).map_err(|_| LoginTokenKeyError::Malformed)?;
        Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| LoginTokenKeyError::Malformed)
    }

    /// Id of the key: the beginning of the hash of its public part.
    fn id(&self) -> String {
        let public = self.pair().map(|pair| pair.public_key().as_ref().to_vec()).unwrap_or_default();
        hex::encode(&Sha256::digest(public)[..8])
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};

    use super::*;

    const HOUR: u64 = 3600;
    const NOW: u64 = 2_000_000_000;

    fn claims() -> LoginTokenClaims {
        LoginTokenClaims {
            user: "ana@iam.example".into(),
            controller_uuid: "c1".into(),
            access: [("model-m1".to_owned(), "write")].into(),
            lifetime: Duration::from_mins(2),
        }
    }

    fn verify(token: &str, keys: &LoginTokenKeys) -> Option<Value> {
        let set: JwkSet = serde_json::from_value(keys.jwks()).expect("a key set");
        let id = jsonwebtoken::decode_header(token).expect("a header").kid.expect("a key id");
        let key = DecodingKey::from_jwk(set.find(&id)?).expect("a key");
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&["c1"]);
        jsonwebtoken::decode(token, &key, &validation).ok().map(|data| data.claims)
    }

    #[test]
    fn login_token_names_user_access_audience_and_a_short_life() {
        let keys = LoginTokenKeys::generate(NOW).expect("a key");
        let token = keys.sign(&claims(), NOW).expect("signed");
        let payload = verify(&token, &keys).expect("valid");
        assert_eq!(payload["sub"], "user-ana@iam.example");
        assert_eq!(payload["aud"], json!(["c1"]));
        assert_eq!(payload["access"], json!({"model-m1": "write"}));
        assert_eq!((payload["iat"].as_u64(), payload["exp"].as_u64()), (Some(NOW - 30), Some(NOW + 120)));
        assert_ne!(token, keys.sign(&claims(), NOW).expect("signed"), "each token has an id of its own");
        let other = LoginTokenKeys::generate(NOW).expect("a key");
        assert!(verify(&token, &other).is_none());
    }

    #[test]
    fn new_key_is_published_before_it_signs_and_the_old_one_afterwards() {
        let mut keys = LoginTokenKeys::generate(NOW).expect("a key");
        let first = keys.status(NOW)[0].id.clone();
        let signing = |keys: &LoginTokenKeys, now| keys.status(now).into_iter().find(|key| key.signs).expect("one").id;
        keys.rotate(NOW + 10 * HOUR).expect("rotated");
        assert_eq!(keys.jwks()["keys"].as_array().map(Vec::len), Some(2));
        assert_eq!(signing(&keys, NOW + 10 * HOUR), first, "controllers do not know the new key yet");
        assert_ne!(signing(&keys, NOW + 12 * HOUR), first);
        keys.rotate(NOW + 13 * HOUR).expect("rotated");
        assert_eq!(keys.status(NOW)[0].id, first, "published for a day after it signed last");
        keys.rotate(NOW + 50 * HOUR).expect("rotated");
        assert!(keys.status(NOW).iter().all(|key| key.id != first));
        assert_eq!(keys.age(NOW + 51 * HOUR), Duration::from_secs(HOUR));
        keys.revoke_all(NOW + 52 * HOUR).expect("revoked");
        assert_eq!(keys.status(NOW + 52 * HOUR).len(), 1);
    }

    #[test]
    fn keys_round_trip_and_never_print_their_seed() {
        let mut keys = LoginTokenKeys::generate(NOW).expect("a key");
        keys.rotate(NOW + HOUR).expect("rotated");
        let text = keys.to_text();
        let parsed = LoginTokenKeys::parse(&text).expect("keys");
        assert_eq!(parsed.jwks(), keys.jwks());
        let public = keys.jwks().to_string();
        for key in &keys.0 {
            assert!(!format!("{keys:?}").contains(&key.seed) && !public.contains(&key.seed));
        }
        for bad in ["", "[]", "{}", r#"[{"created_at": 1, "seed": "00"}]"#, &text.replace("seed", "key")] {
            assert_eq!(LoginTokenKeys::parse(bad).map(|_| ()), Err(LoginTokenKeyError::Malformed), "{bad}");
        }
    }
}
