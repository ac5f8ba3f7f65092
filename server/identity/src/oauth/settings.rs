//! Settings of the identity provider.

use std::time::Duration;

use jsonwebtoken::Algorithm;

use super::RefreshPolicy;

/// The identity provider, and which of its tokens this server accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The provider's issuer, compared byte for byte with `iss` (RFC 9207 section 2.4, `OpenID` Connect Core section 3.1.3.7).
    pub issuer: String,
    /// URLs of this server, one of which `aud` must contain (RFC 8707 section 2).
    pub audiences: Vec<String>,
    /// Clients that may present tokens without an audience. A token with only other audiences is always rejected.
    pub clients_without_audience: Vec<String>,
    /// Accepted signature algorithms; asymmetric ones only.
    pub algorithms: Vec<Algorithm>,
    /// Introspection of tokens (RFC 7662). `None`: only JWTs are accepted.
    pub introspection: Option<Introspection>,
    /// The claim that lists groups, at the top level or in `ext`, where Ory Hydra puts the claims of a hook.
    pub groups_claim: String,
    /// Accept access tokens that have the claims of ID tokens, as Dex issues them. ID tokens for an accepted audience are then
    /// accepted too.
    pub allow_id_token_claims: bool,
    /// Request the user's e-mail address from `userinfo` if the token has none and its scopes allow it.
    pub userinfo: bool,
    /// How far the clocks of the provider and this server may differ.
    pub leeway: Duration,
    /// How long a validated token is cached. A revoked token stays valid for up to this time.
    pub token_cache: Duration,
    /// How long the provider's metadata and keys are cached.
    pub refresh: RefreshPolicy,
    /// Certificate of the authority that the client of the provider trusts in addition to those of the system, PEM. The client does the
    /// check; a provider with another authority is another provider.
    pub authority: Option<String>,
}

/// How tokens are introspected.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Introspection {
    /// The endpoint. Default: `introspection_endpoint` of the provider's metadata.
    pub url: Option<String>,
    /// Client id and secret, if the endpoint requires them.
    pub client: Option<(String, String)>,
    /// Introspect JWTs too, so that their revocation takes effect before they expire.
    pub include_jwts: bool,
}

impl std::fmt::Debug for Introspection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.client.as_ref().map(|(id, _)| id);
        formatter
            .debug_struct("Introspection")
            .field("url", &self.url)
            .field("client", &id)
            .field("include_jwts", &self.include_jwts)
            .finish_non_exhaustive()
    }
}

impl Settings {
    /// The defaults for an issuer and this server's URLs.
    #[must_use]
    pub fn new(issuer: String, audiences: Vec<String>) -> Self {
        Self {
            issuer,
            audiences,
            clients_without_audience: Vec::new(),
            algorithms: vec![Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA],
            introspection: None,
            groups_claim: "groups".to_owned(),
            allow_id_token_claims: false,
            userinfo: true,
            leeway: Duration::from_secs(30),
            token_cache: Duration::from_secs(15),
            refresh: RefreshPolicy::default(),
            authority: None,
        }
    }
}
