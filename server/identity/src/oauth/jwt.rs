//! Checks the signature of a JWT (RFC 7519, RFC 9068), and nothing else of it.

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind};
use serde::de::DeserializeOwned;

use super::{Refused, Settings, unique::Unique};

/// What a token says of its own signature, before anything of it is believed.
pub(super) struct Signed<'token> {
    token: &'token str,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
}

impl<'token> Signed<'token> {
    /// Reads the header of a token. Keys and addresses of keys that stand in it are never used.
    pub(super) fn read(token: &'token str, settings: &Settings) -> Result<Self, Refused> {
        let header = decode_header(token).map_err(|error| refused(&error))?;
        let Header { alg: algorithm, kid: key_id, typ, crit, zip, extras, .. } = header;
        if !settings.algorithms.contains(&algorithm) {
            return Err(Refused::Algorithm);
        }
        // RFC 7797 section 3: `b64` says that the claims are not encoded, so that others would read something else in them
        if crit.is_some() || zip.is_some() || extras.inner().contains_key("b64") {
            return Err(Refused::Critical);
        }
        let kind = typ.as_deref().map(str::to_ascii_lowercase);
        if !matches!(kind.as_deref(), None | Some("jwt" | "at+jwt" | "application/at+jwt")) {
            return Err(Refused::NotAccess);
        }
        Ok(Self { token, algorithm, key_id })
    }

    /// The claims, if the key signed them.
    pub(super) fn open<C: DeserializeOwned>(&self, key: &DecodingKey) -> Result<C, Refused> {
        let mut validation = Validation::new(self.algorithm);
        // what the claims say is checked in one place, for JWTs and introspections alike
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let Unique(claims) =
            decode(self.token, key, &validation).map(|data| data.claims).map_err(|error| refused(&error))?;
        serde_json::from_value(claims).map_err(|_| Refused::Unreadable)
    }
}

/// Whether a token has the form of a JWT.
pub(super) fn has_form(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 2
}

fn refused(error: &jsonwebtoken::errors::Error) -> Refused {
    match error.kind() {
        ErrorKind::InvalidSignature => Refused::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => Refused::Algorithm,
        _ => Refused::Unreadable,
    }
}
