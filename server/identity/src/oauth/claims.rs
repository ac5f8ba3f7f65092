//! Checks the claims of a token and normalizes the forms in which different providers write them.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Settings, TokenRejection};
use crate::Claims;

/// The unchecked claims of a JWT (RFC 9068 section 2.2) or of an introspection response (RFC 7662 section 2.2).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawClaims {
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

impl RawClaims {
    /// `exp` in seconds since 1970.
    pub(super) fn expires(&self) -> Option<f64> {
        self.exp.filter(|exp| exp.is_finite())
    }

    /// Whether `sub` is absent (optional in introspection responses) or equal to `subject`.
    pub(super) fn matches_subject(&self, subject: &str) -> bool {
        self.sub.as_deref().is_none_or(|sub| sub == subject)
    }

    /// Checks everything but the signature.
    ///
    /// `now` is in seconds since 1970. An introspection response may omit `iss` (`issuer_is_implied`), because the provider itself
    /// sent it.
    pub(super) fn check(
        self,
        settings: &Settings,
        now: f64,
        issuer_is_implied: bool,
    ) -> Result<Claims, TokenRejection> {
        let leeway = settings.leeway.as_secs_f64();
        if self.iss.as_ref().map_or(!issuer_is_implied, |issuer| *issuer != settings.issuer) {
            return Err(TokenRejection::WrongIssuer);
        }
        if self.expires().ok_or(TokenRejection::MissingExp)? + leeway <= now {
            return Err(TokenRejection::Expired);
        }
        if [self.nbf, self.iat].into_iter().flatten().any(|start| start > now + leeway) {
            return Err(TokenRejection::NotYetValid);
        }
        let is_other_use = self.token_use.as_deref().is_some_and(|kind| !matches!(kind, "access_token" | "access"));
        // an ID token, or a security event token such as a logout token (RFC 8417)
        if is_other_use || [&self.nonce, &self.at_hash, &self.c_hash, &self.events].into_iter().any(Option::is_some) {
            return Err(TokenRejection::WrongTokenType);
        }
        // RFC 8705 section 3, RFC 9449 section 6: this server verifies no proof of possession, so a stolen token would be accepted
        if self.cnf.is_some() {
            return Err(TokenRejection::SenderConstrained);
        }
        let client_id = self.client_id.or(self.azp).filter(|id| !id.is_empty());
        let audience = self.aud.map(OneOrMany::into_vec).unwrap_or_default();
        let audience = check_audience(audience, client_id.as_deref(), settings)?;
        let subject = self.sub.filter(|subject| is_name(subject)).ok_or(TokenRejection::InvalidSubject)?;
        let from_hook = self.more.get("ext").and_then(Value::as_object);
        let groups =
            [Some(&self.more), from_hook].into_iter().flatten().find_map(|map| map.get(&settings.groups_claim));
        Ok(Claims {
            issuer: settings.issuer.clone(),
            subject,
            // an absent `email_verified` counts as false
            email: self.email.filter(|_| self.email_verified == Some(true)),
            groups: groups.map(strings).unwrap_or_default(),
            client_id,
            audience,
            scopes: [self.scope, self.scp].into_iter().flatten().flat_map(scopes).collect(),
        })
    }
}

/// Accepts an audience of this server, or none at all for listed clients. Returns the audiences that name this server.
fn check_audience(
    audience: Vec<String>,
    client_id: Option<&str>,
    settings: &Settings,
) -> Result<Vec<String>, TokenRejection> {
    if audience.is_empty() {
        let listed = client_id.is_some_and(|id| settings.clients_without_audience.iter().any(|one| one == id));
        return if listed { Ok(audience) } else { Err(TokenRejection::MissingAudience) };
    }
    let own: Vec<String> = audience.into_iter().filter(|one| settings.audiences.contains(one)).collect();
    if own.is_empty() { Err(TokenRejection::WrongAudience) } else { Ok(own) }
}

/// Whether a text can be a subject: at most 255 characters (`OpenID` Connect Core section 2) and no control characters, which
/// could forge lines in logs and tables.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(char::is_control)
}

/// `scope` is one string separated by spaces (RFC 8693 section 4.2); some providers send `scp` as a list.
fn scopes(value: OneOrMany) -> Vec<String> {
    value.into_vec().iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect()
}

fn strings(value: &Value) -> Vec<String> {
    let string = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Value::Array(items) => items.iter().filter_map(string).collect(),
        other => string(other).into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: f64 = 1_800_000_000.0;

    fn settings() -> Settings {
        let mut settings = Settings::new("https://id.example".to_owned(), vec!["https://mcp.example/mcp".to_owned()]);
        settings.clients_without_audience = vec!["listed".to_owned()];
        settings
    }

    fn valid_claims() -> Value {
        json!({"iss": "https://id.example", "sub": "ana", "aud": ["https://mcp.example/mcp"], "exp": NOW + 60.0,
            "iat": NOW, "client_id": "cli", "scp": ["juju:read"], "scope": "openid email", "groups": ["ops"]})
    }

    fn check(change: impl FnOnce(&mut Value)) -> Result<Claims, TokenRejection> {
        let mut claims = valid_claims();
        change(&mut claims);
        serde_json::from_value::<RawClaims>(claims).map_err(|_| TokenRejection::Unreadable)?.check(
            &settings(),
            NOW,
            false,
        )
    }

    #[test]
    fn claims_of_different_providers_are_normalized() {
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
    fn audience_check_accepts_own_urls_and_none_for_listed_clients() {
        let audience = |aud: Value, client: &str| {
            check(|claims| {
                claims["aud"] = aud;
                claims["client_id"] = json!(client);
            })
            .map(|claims| claims.subject)
        };
        assert!(audience(json!(["https://other.example", "https://mcp.example/mcp"]), "cli").is_ok());
        assert_eq!(audience(json!([]), "cli"), Err(TokenRejection::MissingAudience));
        assert_eq!(audience(Value::Null, "cli"), Err(TokenRejection::MissingAudience));
        assert!(audience(json!([]), "listed").is_ok());
        for other in ["https://mcp.example/", "https://mcp.example/mcp/", "https://mcp.example/mcp/full", "mcp", ""] {
            assert_eq!(audience(json!([other]), "listed"), Err(TokenRejection::WrongAudience), "{other}");
        }
    }
}
