//! Checks an ID token's claims (`OpenID` Connect Core section 3.1.3.7); its signature was checked before.

use std::time::SystemTime;

use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{NotSignedIn, Refused, Settings, raw::OneOrMany};

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
    /// Who signed in, if the token was made for this client and this sign-in.
    pub(super) fn check(self, settings: &Settings, client_id: &str, nonce: &str) -> Result<String, NotSignedIn> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        self.check_at(settings, client_id, nonce, now)
    }

    fn check_at(self, settings: &Settings, client_id: &str, nonce: &str, now: f64) -> Result<String, NotSignedIn> {
        let refuse = |why| Err(NotSignedIn::Identity(why));
        let leeway = settings.leeway.as_secs_f64();
        if self.iss != settings.issuer {
            return refuse(Refused::Issuer);
        }
        let audience = self.aud.map(OneOrMany::into_vec).unwrap_or_default();
        let ours = audience.iter().any(|one| one == client_id);
        // a token for several has to say which of them it was given to
        let given_to_us = self.azp.as_deref().map_or(audience.len() == 1, |party| party == client_id);
        if !ours || !given_to_us {
            return refuse(Refused::Audience);
        }
        match self.exp.filter(|exp| exp.is_finite()) {
            None => return refuse(Refused::NoExpiry),
            Some(exp) if exp + leeway <= now => return refuse(Refused::Expired),
            Some(_) => {}
        }
        if self.iat.is_some_and(|made| made > now + leeway) {
            return refuse(Refused::NotYet);
        }
        if !bool::from(self.nonce.unwrap_or_default().as_bytes().ct_eq(nonce.as_bytes())) {
            return Err(NotSignedIn::Nonce);
        }
        if self.sub.is_empty() { refuse(Refused::NoSubject) } else { Ok(self.sub) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: f64 = 1_800_000_000.0;

    fn check(name: &str, value: Value) -> Result<String, NotSignedIn> {
        let settings = Settings::new("https://id.example".to_owned(), vec!["https://mcp.example/mcp".to_owned()]);
        let mut claims = json!({"iss": "https://id.example", "sub": "ana", "aud": ["console"], "exp": NOW + 60.0, "iat": NOW,
            "nonce": "n1"});
        claims[name] = value;
        let token: IdToken = serde_json::from_value(claims).expect("claims");
        token.check_at(&settings, "console", "n1", NOW)
    }

    #[test]
    fn only_a_token_of_this_provider_for_this_client_and_this_sign_in_says_who_it_is() {
        assert_eq!(check("iat", json!(NOW)), Ok("ana".to_owned()));
        assert_eq!(check("aud", json!("console")), Ok("ana".to_owned()));
        assert_eq!(check("azp", json!("console")), Ok("ana".to_owned()));
        for (name, value, why) in [
            ("iss", json!("https://id.example/"), Refused::Issuer),
            ("aud", json!("https://mcp.example/mcp"), Refused::Audience),
            ("aud", json!([]), Refused::Audience),
            ("aud", json!(["console", "other"]), Refused::Audience),
            ("azp", json!("other"), Refused::Audience),
            ("exp", json!(NOW - 60.0), Refused::Expired),
            ("exp", Value::Null, Refused::NoExpiry),
            ("iat", json!(NOW + 3600.0), Refused::NotYet),
            ("sub", json!(""), Refused::NoSubject),
        ] {
            assert_eq!(check(name, value.clone()), Err(NotSignedIn::Identity(why)), "{name}: {value}");
        }
        for nonce in [json!("n2"), json!(""), Value::Null] {
            assert_eq!(check("nonce", nonce), Err(NotSignedIn::Nonce));
        }
    }
}
