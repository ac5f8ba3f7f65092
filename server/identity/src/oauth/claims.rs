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
        let is_id_token = [&self.nonce, &self.at_hash, &self.c_hash].into_iter().any(Option::is_some);
        // `events`: a security event token, such as a logout token (RFC 8417)
        if is_other_use || self.events.is_some() || (is_id_token && !settings.allow_id_token_claims) {
            return Err(TokenRejection::WrongTokenType);
        }
        // RFC 8705 section 3, RFC 9449 section 6: this server verifies no proof of possession, so a stolen token would be accepted
        if self.cnf.is_some() {
            return Err(TokenRejection::SenderConstrained);
        }
        let is_service_account = self.is_service_account();
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
            is_service_account,
        })
    }

    /// Whether the token is one of the client credentials grant (RFC 6749 section 4.4), in the forms of known providers: the subject
    /// is the client (RFC 9068 section 2.2, Ory Hydra, Okta with `cid`), `gty` and `ID@clients` (Auth0), `idtyp: app` or an
    /// application's token without a user's scopes and names (Entra), the user `service-account-CLIENT` (Keycloak).
    fn is_service_account(&self) -> bool {
        let text = |name: &str| self.more.get(name).and_then(Value::as_str);
        let subject = self.sub.as_deref().unwrap_or_default();
        let clients = [self.client_id.as_deref(), self.azp.as_deref(), text("cid"), text("appid"), text("clientId")];
        let is_client = clients.into_iter().flatten().any(|client| !client.is_empty() && client == subject);
        let grant =
            ["gty", "grant_type", "grant"].into_iter().any(|name| text(name).is_some_and(is_client_credentials));
        let is_app = text("idtyp").is_some_and(|kind| kind.eq_ignore_ascii_case("app"));
        // Entra: `appidacr` exists in tokens of version 1 and `azpacr` in those of version 2; only tokens of users have `scp`
        let is_entra = text("tid").is_some() && self.scp.is_none() && self.more.contains_key("roles");
        let username = text("preferred_username").or_else(|| text("username")).or_else(|| text("client_username"));
        let is_keycloak = username.is_some_and(|name| name.to_lowercase().starts_with("service-account-"));
        let is_okta = text("uid").is_none() && text("cid").is_some() && text("cid") == self.sub.as_deref();
        is_client || grant || is_app || is_entra || is_keycloak || is_okta || subject.ends_with("@clients")
    }
}

fn is_client_credentials(grant: &str) -> bool {
    grant.replace('-', "_").eq_ignore_ascii_case("client_credentials")
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
    fn access_token_with_claims_of_an_id_token_is_accepted_only_if_configured() {
        let mut dex = valid_claims();
        dex["at_hash"] = json!("d1hcsT3zGzEO8Zv0vH6FLw");
        dex["nonce"] = json!("n1");
        let check = |claims: &Value, settings: &Settings| {
            serde_json::from_value::<RawClaims>(claims.clone()).expect("claims").check(settings, NOW, false)
        };
        let allowing = Settings { allow_id_token_claims: true, ..settings() };
        assert_eq!(check(&dex, &settings()).err(), Some(TokenRejection::WrongTokenType));
        assert_eq!(check(&dex, &allowing).expect("accepted").subject, "ana");
        // the audience stays the barrier, and other kinds of tokens stay refused
        for (claim, value, rejection) in [
            ("aud", json!("assistants"), TokenRejection::WrongAudience),
            ("events", json!({}), TokenRejection::WrongTokenType),
            ("token_use", json!("id"), TokenRejection::WrongTokenType),
        ] {
            let mut other = dex.clone();
            other[claim] = value;
            assert_eq!(check(&other, &allowing).err(), Some(rejection), "{claim}");
        }
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

    #[test]
    fn service_accounts_of_known_providers_are_recognized() {
        let is_service_account = |claims: Value| {
            let raw: RawClaims = serde_json::from_value(claims).expect("claims");
            raw.is_service_account()
        };
        for (provider, claims) in [
            ("Hydra", json!({"sub": "robot", "client_id": "robot", "scp": ["juju:approve"]})),
            ("Keycloak", json!({"sub": "0b9d", "azp": "robot", "preferred_username": "service-account-robot"})),
            (
                "Keycloak, introspected",
                json!({"sub": "0b9d", "client_id": "robot", "username": "service-account-robot"}),
            ),
            ("Auth0", json!({"sub": "abc@clients", "azp": "abc", "gty": "client-credentials"})),
            ("Auth0 without gty", json!({"sub": "abc@clients", "azp": "abc"})),
            ("Entra", json!({"sub": "1f", "oid": "1f", "azp": "abc", "idtyp": "app"})),
            (
                "Entra without idtyp",
                json!({"sub": "1f", "oid": "1f", "tid": "t", "appid": "abc", "roles": ["juju:approve"]}),
            ),
            ("Okta", json!({"sub": "0oa1", "cid": "0oa1", "scp": ["juju:approve"]})),
        ] {
            assert!(is_service_account(claims), "{provider}");
        }
        for (provider, claims) in [
            ("Hydra", json!({"sub": "ana", "client_id": "console", "scp": ["juju:approve"]})),
            ("Keycloak", json!({"sub": "0b9d", "azp": "console", "preferred_username": "ana"})),
            ("Auth0", json!({"sub": "auth0|1", "azp": "abc"})),
            ("Entra", json!({"sub": "1f", "tid": "t", "azp": "abc", "scp": "juju:approve", "roles": ["r"]})),
            ("Okta", json!({"sub": "ana@example.com", "cid": "0oa1", "uid": "00u1", "scp": ["juju:approve"]})),
        ] {
            assert!(!is_service_account(claims), "{provider}");
        }
    }
}
