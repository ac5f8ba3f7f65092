//! Checks the claims of an ID token with a verified signature (`OpenID` Connect Core section 3.1.3.7).

use std::time::SystemTime;

use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{Settings, SignInError, TokenRejection, claims::OneOrMany};

/// The claims of an ID token.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IdToken {
    iss: String,
    sub: String,
    aud: Option<OneOrMany>,
    azp: Option<String>,
    exp: Option<f64>,
    iat: Option<f64>,
    nonce: Option<String>,
}

impl IdToken {
    /// The subject, if the token was issued to this client for this sign-in.
    pub(super) fn check(self, settings: &Settings, client_id: &str, nonce: &str) -> Result<String, SignInError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        self.check_at(settings, client_id, nonce, now)
    }

    fn check_at(self, settings: &Settings, client_id: &str, nonce: &str, now: f64) -> Result<String, SignInError> {
        let reject = |why| Err(SignInError::IdToken(why));
        let leeway = settings.leeway.as_secs_f64();
        if self.iss != settings.issuer {
            return reject(TokenRejection::WrongIssuer);
        }
        let audience = self.aud.map(OneOrMany::into_vec).unwrap_or_default();
        let names_this_client = audience.iter().any(|one| one == client_id);
        // a token with several audiences must name in `azp` the client that it was issued to
        let issued_to_this_client = self.azp.as_deref().map_or(audience.len() == 1, |party| party == client_id);
        if !names_this_client || !issued_to_this_client {
            return reject(TokenRejection::WrongAudience);
        }
        match self.exp.filter(|exp| exp.is_finite()) {
            None => return reject(TokenRejection::MissingExp),
            Some(exp) if exp + leeway <= now => return reject(TokenRejection::Expired),
            Some(_) => {}
        }
        if self.iat.is_some_and(|issued| issued > now + leeway) {
            return reject(TokenRejection::NotYetValid);
        }
        if !bool::from(self.nonce.unwrap_or_default().as_bytes().ct_eq(nonce.as_bytes())) {
            return Err(SignInError::NonceMismatch);
        }
        if self.sub.is_empty() { reject(TokenRejection::InvalidSubject) } else { Ok(self.sub) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: f64 = 1_800_000_000.0;

    fn check(name: &str, value: Value) -> Result<String, SignInError> {
        let settings = Settings::new("https://id.example".to_owned(), vec!["https://mcp.example/mcp".to_owned()]);
        let mut claims = json!({"iss": "https://id.example", "sub": "ana", "aud": ["console"], "exp": NOW + 60.0, "iat": NOW,
            "nonce": "n1"});
        claims[name] = value;
        let token: IdToken = serde_json::from_value(claims).expect("claims");
        token.check_at(&settings, "console", "n1", NOW)
    }

    #[test]
    fn id_token_check_requires_issuer_client_lifetime_and_nonce() {
        assert_eq!(check("iat", json!(NOW)), Ok("ana".to_owned()));
        assert_eq!(check("aud", json!("console")), Ok("ana".to_owned()));
        assert_eq!(check("azp", json!("console")), Ok("ana".to_owned()));
        for (name, value, why) in [
            ("iss", json!("https://id.example/"), TokenRejection::WrongIssuer),
            ("aud", json!("https://mcp.example/mcp"), TokenRejection::WrongAudience),
            ("aud", json!([]), TokenRejection::WrongAudience),
            ("aud", json!(["console", "other"]), TokenRejection::WrongAudience),
            ("azp", json!("other"), TokenRejection::WrongAudience),
            ("exp", json!(NOW - 60.0), TokenRejection::Expired),
            ("exp", Value::Null, TokenRejection::MissingExp),
            ("iat", json!(NOW + 3600.0), TokenRejection::NotYetValid),
            ("sub", json!(""), TokenRejection::InvalidSubject),
        ] {
            assert_eq!(check(name, value.clone()), Err(SignInError::IdToken(why)), "{name}: {value}");
        }
        for nonce in [json!("n2"), json!(""), Value::Null] {
            assert_eq!(check("nonce", nonce), Err(SignInError::NonceMismatch));
        }
    }
}
