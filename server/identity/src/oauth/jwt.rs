//! Checks the signature of a JWT (RFC 7519, RFC 9068), and nothing else of it.

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind};

use super::{Refused, Settings, raw::Raw};

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
        let Header { alg: algorithm, kid: key_id, typ, crit, .. } = header;
        if !settings.algorithms.contains(&algorithm) {
            return Err(Refused::Algorithm);
        }
        if crit.is_some() {
            return Err(Refused::Critical);
        }
        let kind = typ.as_deref().map(str::to_ascii_lowercase);
        if !matches!(kind.as_deref(), None | Some("jwt" | "at+jwt" | "application/at+jwt")) {
            return Err(Refused::NotAccess);
        }
        Ok(Self { token, algorithm, key_id })
    }

    /// The claims, if the key signed them.
    pub(super) fn open(&self, key: &DecodingKey) -> Result<Raw, Refused> {
        let mut validation = Validation::new(self.algorithm);
        // what the claims say is checked in one place, for JWTs and introspections alike
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        decode::<Raw>(self.token, key, &validation).map(|data| data.claims).map_err(|error| refused(&error))
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
