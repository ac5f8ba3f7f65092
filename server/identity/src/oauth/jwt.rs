//! Verifies the signature of a JWT (RFC 7519, RFC 9068). `claims.rs` checks the claims.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, errors::ErrorKind};
use serde::de::DeserializeOwned;

use super::{Settings, TokenRejection, strict_json::StrictJson};

/// A JWT after reading its header and before verifying its signature.
pub(super) struct UnverifiedJwt<'token> {
    token: &'token str,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: Option<String>,
}

impl<'token> UnverifiedJwt<'token> {
    /// Reads the header of a token. Keys and key URLs in it (`jwk`, `jku`, `x5u`) are never used.
    pub(super) fn read(token: &'token str, settings: &Settings) -> Result<Self, TokenRejection> {
        check_header_names(token)?;
        let header = decode_header(token).map_err(|error| rejection(&error))?;
        let Header { alg: algorithm, kid: key_id, typ, crit, zip, extras, .. } = header;
        if !settings.algorithms.contains(&algorithm) {
            return Err(TokenRejection::UnsupportedAlgorithm);
        }
        // RFC 7797 section 3: with `b64` the payload is not encoded, so another reader could see other claims in it
        if crit.is_some() || zip.is_some() || extras.inner().contains_key("b64") {
            return Err(TokenRejection::UnsupportedCritHeader);
        }
        let token_type = typ.as_deref().map(str::to_ascii_lowercase);
        if !matches!(token_type.as_deref(), None | Some("jwt" | "at+jwt" | "application/at+jwt")) {
            return Err(TokenRejection::WrongTokenType);
        }
        Ok(Self { token, algorithm, key_id })
    }

    /// The claims, if `key` signed them.
    pub(super) fn verify<C: DeserializeOwned>(&self, key: &DecodingKey) -> Result<C, TokenRejection> {
        let mut validation = Validation::new(self.algorithm);
        // claims.rs checks the claims, for JWTs and introspection responses alike
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
        let StrictJson(claims) =
            decode(self.token, key, &validation).map(|data| data.claims).map_err(|error| rejection(&error))?;
        serde_json::from_value(claims).map_err(|_| TokenRejection::Unreadable)
    }
}

/// Rejects a header with two members of one name, which two readers could understand differently (RFC 7515 section 4).
/// `decode_header` accepts them where it does not know the name.
fn check_header_names(token: &str) -> Result<(), TokenRejection> {
    let header = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenRejection::Unreadable)?;
    serde_json::from_slice::<StrictJson>(&header).map(drop).map_err(|_| TokenRejection::Unreadable)
}

/// Whether a token has the form of a JWT.
pub(super) fn looks_like_jwt(token: &str) -> bool {
    token.bytes().filter(|byte| *byte == b'.').count() == 2
}

fn rejection(error: &jsonwebtoken::errors::Error) -> TokenRejection {
    match error.kind() {
        ErrorKind::InvalidSignature => TokenRejection::InvalidSignature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => TokenRejection::UnsupportedAlgorithm,
        _ => TokenRejection::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_with_a_repeated_name_is_rejected() {
        let token = |header: &str| format!("{}.e30.x", URL_SAFE_NO_PAD.encode(header));
        assert!(check_header_names(&token(r#"{"alg":"ES256","kid":"a"}"#)).is_ok());
        for repeated in [r#"{"alg":"ES256","x":1,"x":2}"#, r#"{"alg":"ES256","kid":"a","kid":"b"}"#, "[", ""] {
            assert_eq!(check_header_names(&token(repeated)), Err(TokenRejection::Unreadable), "{repeated}");
        }
    }
}
