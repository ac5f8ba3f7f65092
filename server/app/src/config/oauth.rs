//! The section `oauth`: the identity provider.

use std::{path::PathBuf, sync::Arc, time::Duration};

use http_server::{LoginClient, ResourceMetadata};
use identity::oauth::{Algorithm, Introspection, Provider, Settings};
use schemars::JsonSchema;
use serde::Deserialize;

use super::files::{read_certificates, read_secret};
use crate::{failure::Failure, http_client::HttpClientOptions};

/// The identity provider that issues the accepted access tokens, such as the Canonical Identity Platform.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OauthSection {
    /// The issuer, exactly as in the provider's metadata and in the claim `iss`.
    pub(crate) issuer: String,
    /// The URL under which clients reach this server, without `/mcp`: `https://mcp.example`.
    pub(crate) public_url: String,
    /// Accepted audiences in addition to this server's own URLs.
    #[serde(default)]
    pub(crate) audiences: Vec<String>,
    /// Ids of clients that may present tokens without an audience.
    #[serde(default)]
    pub(crate) clients_without_audience: Vec<String>,
    /// Accept access tokens that have the claims of ID tokens (`at_hash`, `nonce`), as Dex issues them. ID tokens for an accepted
    /// audience are then accepted too. Default: false.
    #[serde(default)]
    pub(crate) allow_id_token_claims: bool,
    /// Accepted signature algorithms. Default: RS256, PS256, ES256, `EdDSA`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) algorithms: Vec<Algorithm>,
    /// Introspection of tokens at the provider. Without it only JWTs are accepted.
    pub(crate) introspection: Option<IntrospectionSection>,
    /// The claim that lists a user's groups. Default: `groups`.
    pub(crate) groups_claim: Option<String>,
    /// Scopes that the server advertises to clients. Default: its own except `juju:approve`, and `openid profile email`.
    pub(crate) scopes: Option<Vec<String>>,
    /// The client of `juju-mcp login`, by which people get a token for `juju-mcp approvals`. Default: none; people name one with
    /// `--client-id`.
    pub(crate) login: Option<LoginSection>,
    /// How long a validated token is cached, in seconds. A revoked token stays valid for up to this time. Default: 15, maximum: 60.
    #[schemars(range(max = 60))]
    pub(crate) token_cache_seconds: Option<u64>,
    /// PEM file with the CA certificate of the provider. Default: the CAs of the system.
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// Accept static tokens (`tokens`, `--token-file`) in addition to those of the provider. Default: false.
    #[serde(default)]
    pub(crate) allow_static_tokens: bool,
}

/// The client of `juju-mcp login` at the provider: a public client with the device grant, or with the redirect URI
/// `http://127.0.0.1/callback`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginSection {
    /// Id of the client.
    pub(crate) client_id: String,
    /// Requested scopes. Default: `openid`, `offline_access`, `juju:read` and `juju:approve`.
    pub(crate) scopes: Option<Vec<String>>,
}

/// Introspection of tokens at the provider (RFC 7662).
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntrospectionSection {
    /// The introspection endpoint. Default: the one in the provider's metadata.
    pub(crate) url: Option<String>,
    /// Client id for the endpoint, with `client_secret_file`.
    pub(crate) client_id: Option<String>,
    /// File with the client secret.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Introspect JWTs too, so that a revocation takes effect within `token_cache_seconds`, not at expiry. Default: false.
    #[serde(default)]
    pub(crate) include_jwts: bool,
}

/// Scopes of this server, and those that sign-in needs.
const DEFAULT_SCOPES: [&str; 6] = ["openid", "profile", "email", "juju:read", "juju:write", "juju:sensitive"];
/// How long a response of the provider may take.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Paths of the MCP endpoints; the URL of each may be the audience of a token.
const ENDPOINTS: [&str; 3] = ["/mcp", "/mcp/full", "/mcp/readonly"];

impl OauthSection {
    /// Builds the provider. It sends no request yet.
    pub(crate) fn provider(&self, toolsets: &[&str]) -> Result<Provider, Failure> {
        let mut settings = Settings::new(self.issuer.clone(), self.own_audiences(toolsets)?);
        settings.clients_without_audience.clone_from(&self.clients_without_audience);
        settings.allow_id_token_claims = self.allow_id_token_claims;
        if !self.algorithms.is_empty() {
            settings.algorithms.clone_from(&self.algorithms);
        }
        if let Some(shared) = settings.algorithms.iter().find(|algorithm| is_shared_secret(**algorithm)) {
            return Err(Failure::usage(
                format!("`oauth.algorithms` contains {shared:?}, which needs a shared secret"),
                "use only RS, PS, ES or EdDSA algorithms",
            ));
        }
        if let Some(claim) = &self.groups_claim {
            settings.groups_claim.clone_from(claim);
        }
        if let Some(seconds) = self.token_cache_seconds {
            settings.token_cache = Duration::from_secs(seconds);
        }
        settings.introspection = self.introspection.as_ref().map(IntrospectionSection::to_settings).transpose()?;
        settings.authority = self.ca_certificate_file.as_deref().map(read_certificates).transpose()?;
        let authority = settings.authority.as_deref();
        let client = HttpClientOptions { timeout: RESPONSE_TIMEOUT, authority, redirects: false }.build()?;
        Ok(Provider::new(settings, client))
    }

    /// The protected resource metadata for clients (RFC 9728).
    pub(crate) fn metadata(&self) -> Arc<ResourceMetadata> {
        let scopes = self.scopes.clone().unwrap_or_else(|| DEFAULT_SCOPES.map(str::to_owned).to_vec());
        Arc::new(ResourceMetadata {
            public_url: self.public_url.trim_end_matches('/').to_owned(),
            authorization_servers: vec![self.issuer.clone()],
            scopes,
            login: self.login.as_ref().map(LoginSection::to_client),
        })
    }

    /// The host of `public_url`, which clients send in `Host`.
    pub(crate) fn public_host(&self) -> Result<String, Failure> {
        let parsed = self.public_url.parse::<http::Uri>().ok();
        let good = parsed.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
        let host = good.as_ref().and_then(|uri| uri.host()).map(str::to_owned);
        host.filter(|_| !self.public_url.contains(['?', '#'])).ok_or_else(|| {
            Failure::usage(
                format!("`oauth.public_url` is not a usable URL: {}", self.public_url),
                "use the form `https://mcp.example`, with a path only if an ingress strips it",
            )
        })
    }

    fn own_audiences(&self, toolsets: &[&str]) -> Result<Vec<String>, Failure> {
        self.public_host()?;
        let base = self.public_url.trim_end_matches('/');
        let endpoints = ENDPOINTS.iter().map(|path| format!("{base}{path}"));
        let toolsets = toolsets.iter().map(|name| format!("{base}/mcp/x/{name}"));
        Ok(endpoints.chain(toolsets).chain(self.audiences.iter().cloned()).collect())
    }
}

/// Scopes of `juju-mcp login`: to approve, and to stay signed in.
pub(crate) const LOGIN_SCOPES: [&str; 4] = ["openid", "offline_access", "juju:read", "juju:approve"];

impl LoginSection {
    fn to_client(&self) -> LoginClient {
        let scopes = self.scopes.clone().unwrap_or_else(|| LOGIN_SCOPES.map(str::to_owned).to_vec());
        LoginClient { client_id: self.client_id.clone(), scopes }
    }
}

impl IntrospectionSection {
    fn to_settings(&self) -> Result<Introspection, Failure> {
        let client = match (&self.client_id, &self.client_secret_file) {
            (Some(id), Some(file)) => Some((id.clone(), read_secret(file)?)),
            (None, None) => None,
            _ => {
                return Err(Failure::usage(
                    "`oauth.introspection` has only one of `client_id` and `client_secret_file`",
                    "set both or neither",
                ));
            }
        };
        Ok(Introspection { url: self.url.clone(), client, include_jwts: self.include_jwts })
    }
}

fn is_shared_secret(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
}
