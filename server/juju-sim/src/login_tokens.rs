//! Log-in by signed tokens (`apiserver/authentication/jwt`, `internal/jwtparser`): the token names a user and its access.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use juju_wire::{Code, RemoteError, tag::Tag};
use parking_lot::RwLock;
use serde::Deserialize;
use serde_json::Value;

use crate::state::ModelAccess;

/// The keys that the simulated controller trusts: it is given them, where a real one fetches them from a URL.
#[derive(Default)]
pub(crate) struct TrustedKeys(RwLock<Option<JwkSet>>);

/// What a valid token states.
#[derive(Debug, Clone)]
pub(crate) struct TokenUser {
    /// Name with domain.
    pub(crate) user: String,
    access: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    access: BTreeMap<String, String>,
}

impl TokenUser {
    /// Access to the controller, the word of Juju; empty without any.
    pub(crate) fn controller_access(&self, uuid: &str) -> &str {
        self.access.get(&format!("controller-{uuid}")).map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn is_superuser(&self, controller_uuid: &str) -> bool {
        self.controller_access(controller_uuid) == "superuser"
    }

    /// Access to a model.
    pub(crate) fn model_access(&self, uuid: &str) -> Option<ModelAccess> {
        match self.access.get(&format!("model-{uuid}"))?.as_str() {
            "read" => Some(ModelAccess::Read),
            "write" => Some(ModelAccess::Write),
            "admin" => Some(ModelAccess::Admin),
            _ => None,
        }
    }
}

impl TrustedKeys {
    /// Trusts these keys and no others.
    pub(crate) fn set(&self, keys: &Value) -> Result<(), serde_json::Error> {
        *self.0.write() = Some(JwkSet::deserialize(keys)?);
        Ok(())
    }

    /// Verifies a token in base64.
    pub(crate) fn verify(&self, encoded: &str) -> Result<TokenUser, RemoteError> {
        let keys = self.0.read();
        let untrusting = || RemoteError::new(Code::Unauthorized, "failed to authenticate request: unauthorized");
        let keys = keys.as_ref().ok_or_else(untrusting)?;
        let invalid = |cause: &str| RemoteError::plain(format!("parsing login access token: {cause}"));
        let bytes = STANDARD.decode(encoded).map_err(|_| invalid("invalid jwt authToken in request"))?;
        let token = String::from_utf8(bytes).map_err(|_| invalid("invalid jwt authToken in request"))?;
        let id = decode_header(&token).ok().and_then(|header| header.kid);
        let key = id.and_then(|id| DecodingKey::from_jwk(keys.find(&id)?).ok());
        let key = key.ok_or_else(|| invalid("could not verify message using any of the signatures or keys"))?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        // the real server checks neither the audience nor the issuer
        (validation.validate_aud, validation.leeway) = (false, 0);
        let claims: Claims = decode(&token, &key, &validation).map_err(|error| invalid(&error.to_string()))?.claims;
        let user = Tag::parse_id("user", &claims.sub).map_err(|_| invalid("invalid user tag in authToken"))?;
        Ok(TokenUser { user, access: claims.access })
    }
}
