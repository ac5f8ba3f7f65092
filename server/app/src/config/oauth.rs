//! The section `oauth`: the identity provider whose tokens are taken.

use std::{path::PathBuf, sync::Arc, time::Duration};

use http_server::ResourceMetadata;
use identity::oauth::{Algorithm, Introspection, Provider, Settings};
use schemars::JsonSchema;
use serde::Deserialize;

use super::read_text;
use crate::{failure::Failure, web::Web};

/// The identity provider whose access tokens are taken, such as the Canonical Identity Platform.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OauthSection {
    /// The provider's issuer, exactly as it stands in its metadata and tokens.
    pub(crate) issuer: String,
    /// The address under which clients reach this server, without `/mcp`: `https://mcp.example`.
    pub(crate) public_url: String,
    /// Audiences that are taken beside this server's own addresses.
    #[serde(default)]
    pub(crate) audiences: Vec<String>,
    /// Clients whose tokens may have no audience at all.
    #[serde(default)]
    pub(crate) clients_without_audience: Vec<String>,
    /// Kinds of signature that are taken; RS256, PS256, ES256 and `EdDSA` unless given.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(crate) algorithms: Vec<Algorithm>,
    /// How tokens are asked about at the provider; without it only JWTs are taken.
    pub(crate) introspection: Option<IntrospectionSection>,
    /// The claim that lists a user's groups; `groups` unless given.
    pub(crate) groups_claim: Option<String>,
    /// Scopes that clients are told to ask for; those of this server and what sign-in needs unless given.
    pub(crate) scopes: Option<Vec<String>>,
    /// Seconds for which a checked token is taken for good without another look; 15 unless given, 60 at most.
    pub(crate) recheck_seconds: Option<u64>,
    /// File with the certificate of the provider's authority, PEM; the system's authorities unless given.
    pub(crate) ca_certificate_file: Option<PathBuf>,
    /// Take the tokens of `tokens` and `--token-file` too.
    #[serde(default)]
    pub(crate) keep_static_tokens: bool,
}

/// How tokens are asked about at the provider (RFC 7662): opaque ones always, JWTs if it is wanted.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IntrospectionSection {
    /// The endpoint; the provider's metadata says it unless given.
    pub(crate) url: Option<String>,
    /// Client that may ask, with `client_secret_file`.
    pub(crate) client_id: Option<String>,
    /// File with the secret of the client.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Ask about JWTs too, so that one that was revoked is refused within `recheck_seconds` and not only from its end on.
    #[serde(default)]
    pub(crate) jwts: bool,
}

/// Scopes of this server, and what sign-in needs.
const SCOPES: [&str; 6] = ["openid", "profile", "email", "juju:read", "juju:write", "juju:sensitive"];
const LONGEST_RECHECK: u64 = 60;
/// How long an answer of the provider may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where MCP is served; each address may be the audience of a token.
const SURFACES: [&str; 3] = ["/mcp", "/mcp/full", "/mcp/readonly"];

impl OauthSection {
    /// The provider, not yet asked for anything.
    pub(crate) fn provider(&self, toolsets: &[&str]) -> Result<Provider, Failure> {
        let mut settings = Settings::new(self.issuer.clone(), self.own_audiences(toolsets)?);
        settings.clients_without_audience.clone_from(&self.clients_without_audience);
        if !self.algorithms.is_empty() {
            settings.algorithms.clone_from(&self.algorithms);
        }
        if let Some(shared) = settings.algorithms.iter().find(|algorithm| is_shared_secret(**algorithm)) {
            return Err(Failure::usage(
                format!("`oauth.algorithms` holds {shared:?}, whose key this server would have to share"),
                "name only RS, PS, ES or EdDSA kinds",
            ));
        }
        if let Some(claim) = &self.groups_claim {
            settings.groups_claim.clone_from(claim);
        }
        if let Some(seconds) = self.recheck_seconds {
            settings.recheck = Duration::from_secs(seconds.min(LONGEST_RECHECK));
        }
        settings.introspection = self.introspection.as_ref().map(IntrospectionSection::read).transpose()?;
        let authority = self.ca_certificate_file.as_deref().map(read_text).transpose()?;
        let client = Web { patience: PATIENCE, authority: authority.as_deref(), redirects: false }.client()?;
        Ok(Provider::new(settings, client))
    }

    /// What clients are told about how to sign in.
    pub(crate) fn metadata(&self) -> Arc<ResourceMetadata> {
        let scopes = self.scopes.clone().unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec());
        Arc::new(ResourceMetadata {
            public_url: self.public_url.trim_end_matches('/').to_owned(),
            authorization_servers: vec![self.issuer.clone()],
            scopes,
        })
    }

    /// The name in the public address, which clients send in `Host`.
    pub(crate) fn public_host(&self) -> Result<String, Failure> {
        let parsed = self.public_url.parse::<http::Uri>().ok();
        let good = parsed.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
        let host = good.as_ref().and_then(|uri| uri.host()).map(str::to_owned);
        host.filter(|_| !self.public_url.contains(['?', '#'])).ok_or_else(|| {
            Failure::usage(
                format!("`oauth.public_url` is no address that clients could use: {}", self.public_url),
                "give it as `https://mcp.example`, with a path only if an ingress takes one away",
            )
        })
    }

    fn own_audiences(&self, toolsets: &[&str]) -> Result<Vec<String>, Failure> {
        self.public_host()?;
        let base = self.public_url.trim_end_matches('/');
        let surfaces = SURFACES.iter().map(|path| format!("{base}{path}"));
        let toolsets = toolsets.iter().map(|name| format!("{base}/mcp/x/{name}"));
        Ok(surfaces.chain(toolsets).chain(self.audiences.iter().cloned()).collect())
    }
}

impl IntrospectionSection {
    fn read(&self) -> Result<Introspection, Failure> {
        let client = match (&self.client_id, &self.client_secret_file) {
            (Some(id), Some(file)) => Some((id.clone(), read_text(file)?)),
            (None, None) => None,
            _ => {
                return Err(Failure::usage(
                    "`oauth.introspection` has half a client",
                    "give both `client_id` and `client_secret_file`, or neither",
                ));
            }
        };
        Ok(Introspection { url: self.url.clone(), client, jwts: self.jwts })
    }
}

fn is_shared_secret(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512)
}
