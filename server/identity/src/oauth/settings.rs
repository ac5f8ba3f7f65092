//! What an operator says about the identity provider.

use std::time::Duration;

use jsonwebtoken::Algorithm;

/// The identity provider, and which of its tokens are for us.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The provider's issuer, compared byte for byte with `iss` (RFC 9207 section 2.4, `OpenID` Connect Core section 3.1.3.7).
    pub issuer: String,
    /// URLs of this server of which one has to stand in `aud` (RFC 8707 section 2).
    pub audiences: Vec<String>,
    /// Clients whose tokens may have no audience at all. A token for somebody else is refused whoever got it.
    pub clients_without_audience: Vec<String>,
    /// Signatures that are accepted. Only asymmetric ones can be named.
    pub algorithms: Vec<Algorithm>,
    /// How tokens are asked about (RFC 7662); without it, only JWTs are taken.
    pub introspection: Option<Introspection>,
    /// The claim that lists groups; it is looked for in `ext` too, where Ory Hydra puts claims of a hook.
    pub groups_claim: String,
    /// Whether to ask the provider for the user's e-mail where the token has none and its scopes allow it.
    pub userinfo: bool,
    /// How far the two clocks may differ.
    pub leeway: Duration,
    /// How long a checked token is taken for good without another look, so within how long a revocation is noticed.
    pub recheck: Duration,
    /// How long the provider's metadata and keys are used without another look at them.
    pub fresh: Duration,
    /// How long they are used while the provider cannot be reached.
    pub stale: Duration,
    /// The least time between two looks, for an unknown key or after a failure.
    pub pause: Duration,
}

/// Where and how tokens are asked about.
#[derive(Clone, Default)]
pub struct Introspection {
    /// The endpoint; the provider's own metadata says it where this is absent.
    pub url: Option<String>,
    /// Client id and secret, where the endpoint wants them.
    pub client: Option<(String, String)>,
    /// Whether JWTs are asked about too, so that their revocation is noticed before they end.
    pub jwts: bool,
}

impl std::fmt::Debug for Introspection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.client.as_ref().map(|(id, _)| id);
        formatter
            .debug_struct("Introspection")
            .field("url", &self.url)
            .field("client", &id)
            .field("jwts", &self.jwts)
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
            userinfo: true,
            leeway: Duration::from_secs(30),
            recheck: Duration::from_secs(15),
            fresh: Duration::from_mins(5),
            stale: Duration::from_hours(1),
            pause: Duration::from_secs(10),
        }
    }
}
