//! Claims as providers write them, which differ in shape, and what is made of them.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Refused, Settings};
use crate::Claims;

/// The claims of a JWT (RFC 9068 section 2.2) or of an introspection (RFC 7662 section 2.2).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Raw {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<OneOrMany>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
    client_id: Option<String>,
    azp: Option<String>,
    scope: Option<OneOrMany>,
    scp: Option<OneOrMany>,
    email: Option<String>,
    email_verified: Option<bool>,
    token_use: Option<String>,
    nonce: Option<Value>,
    at_hash: Option<Value>,
    c_hash: Option<Value>,
    events: Option<Value>,
    cnf: Option<Value>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Raw {
    /// When it expires, in seconds since 1970.
    pub(super) fn expires(&self) -> Option<f64> {
        self.exp.filter(|exp| exp.is_finite())
    }

    /// Whether this can be said of a token of `subject`: a provider may leave out whose it is.
    pub(super) fn may_be_of(&self, subject: &str) -> bool {
        self.sub.as_deref().is_none_or(|told| told == subject)
    }

    /// Checks everything but the signature, and gives what is known of the caller.
    ///
    /// `now` is in seconds since 1970. An introspection may leave out its issuer, because the provider itself said it.
    pub(super) fn check(self, settings: &Settings, now: f64, issuer_given: bool) -> Result<Claims, Refused> {
        let leeway = settings.leeway.as_secs_f64();
        if self.iss.as_ref().map_or(!issuer_given, |issuer| *issuer != settings.issuer) {
            return Err(Refused::Issuer);
        }
        if self.expires().ok_or(Refused::NoExpiry)? + leeway <= now {
            return Err(Refused::Expired);
        }
        if [self.nbf, self.iat].into_iter().flatten().any(|begins| begins > now + leeway) {
            return Err(Refused::NotYet);
        }
        let other_use = self.token_use.as_deref().is_some_and(|kind| !matches!(kind, "access_token" | "access"));
        // an ID token, or one about an event such as a log-out (RFC 8417)
        if other_use || [&self.nonce, &self.at_hash, &self.c_hash, &self.events].into_iter().any(Option::is_some) {
            return Err(Refused::NotAccess);
        }
        // RFC 8705 section 3, RFC 9449 section 6: whoever stole it has no proof, and here nobody is asked for one
        if self.cnf.is_some() {
            return Err(Refused::Bound);
        }
        let client_id = self.client_id.or(self.azp).filter(|id| !id.is_empty());
        let audience = self.aud.map(OneOrMany::into_vec).unwrap_or_default();
        let audience = check_audience(audience, client_id.as_deref(), settings)?;
        let subject = self.sub.filter(|subject| is_name(subject)).ok_or(Refused::NoSubject)?;
        let of_hook = self.more.get("ext").and_then(Value::as_object);
        let groups = [Some(&self.more), of_hook].into_iter().flatten().find_map(|map| map.get(&settings.groups_claim));
        Ok(Claims {
            issuer: settings.issuer.clone(),
            subject,
            // a provider that does not say whether it has checked an address has not
            email: self.email.filter(|_| self.email_verified == Some(true)),
            groups: groups.map(texts).unwrap_or_default(),
            client_id,
            audience,
            scopes: [self.scope, self.scp].into_iter().flatten().flat_map(scopes).collect(),
        })
    }
}

/// The policy on audiences: one of ours, or none at all for clients that are listed; never only another's. Gives those of ours.
fn check_audience(audience: Vec<String>, client_id: Option<&str>, settings: &Settings) -> Result<Vec<String>, Refused> {
    if audience.is_empty() {
        let listed = client_id.is_some_and(|id| settings.clients_without_audience.iter().any(|one| one == id));
        return if listed { Ok(audience) } else { Err(Refused::NoAudience) };
    }
    let ours: Vec<String> = audience.into_iter().filter(|one| settings.audiences.contains(one)).collect();
    if ours.is_empty() { Err(Refused::Audience) } else { Ok(ours) }
}

/// Whether a text can be somebody's name: `OpenID` Connect Core section 2 allows 255 characters; others could not be written into
/// logs and lists as what they are.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(char::is_control)
}

/// `scope` is one text with spaces (RFC 8693 section 4.2), `scp` a list with some providers.
fn scopes(given: OneOrMany) -> Vec<String> {
    given.into_vec().iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
}

fn texts(value: &Value) -> Vec<String> {
    let of = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::Array(items) => items.iter().filter_map(of).collect(),
        other => of(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: f64 = 1_800_000_000.0;

    fn settings() -> Settings {
        let mut settings = Settings::new("https://id.example".to_owned(), vec!["https://mcp.example/mcp".to_owned()]);
        settings.clients_without_audience = vec!["ours".to_owned()];
        settings
    }

    fn good() -> Value {
        json!({"iss": "https://id.example", "sub": "ana", "aud": ["https://mcp.example/mcp"], "exp": NOW + 60.0,
            "iat": NOW, "client_id": "cli", "scp": ["juju:read"], "scope": "openid email", "groups": ["ops"]})
    }

    fn check(change: impl FnOnce(&mut Value)) -> Result<Claims, Refused> {
        let mut claims = good();
        change(&mut claims);
        serde_json::from_value::<Raw>(claims).map_err(|_| Refused::Unreadable)?.check(&settings(), NOW, false)
    }

    #[test]
    fn claims_of_several_providers_are_read_alike() {
        let claims = check(|_| {}).expect("good");
        assert_eq!(claims.scopes, ["openid", "email", "juju:read"]);
        assert_eq!((claims.groups, claims.client_id.as_deref()), (vec!["ops".to_owned()], Some("cli")));
        let hooked = check(|claims| {
            claims["groups"].take();
            claims["ext"] = json!({"groups": "dba"});
            claims["aud"] = json!("https://mcp.example/mcp");
        });
        assert_eq!(hooked.map(|claims| claims.groups), Ok(Vec::new()), "an empty claim is a claim");
        let hooked = check(|claims| {
            claims.as_object_mut().expect("a map").remove("groups");
            claims["ext"] = json!({"groups": ["dba", 7]});
        });
        assert_eq!(hooked.map(|claims| claims.groups), Ok(vec!["dba".to_owned()]));
        let unverified = check(|claims| claims["email"] = json!("ana@example.com"));
        assert_eq!(unverified.map(|claims| claims.email), Ok(None));
    }

    #[test]
    fn the_audience_is_ours_or_nobodys_of_a_listed_client() {
        let audience = |aud: Value, client: &str| {
            check(|claims| {
                claims["aud"] = aud;
                claims["client_id"] = json!(client);
            })
            .map(|claims| claims.subject)
        };
        assert!(audience(json!(["https://other.example", "https://mcp.example/mcp"]), "cli").is_ok());
        assert_eq!(audience(json!([]), "cli"), Err(Refused::NoAudience));
        assert_eq!(audience(Value::Null, "cli"), Err(Refused::NoAudience));
        assert!(audience(json!([]), "ours").is_ok());
        for other in ["https://mcp.example/", "https://mcp.example/mcp/", "https://mcp.example/mcp/full", "mcp", ""] {
            assert_eq!(audience(json!([other]), "ours"), Err(Refused::Audience), "{other}");
        }
    }
}
