//! The provider's metadata document, and which of its URLs may receive requests.

use std::{net::IpAddr, sync::Arc};

use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::{ProviderUnavailable, Settings, keys::Keys};

/// The members of the metadata document that this server uses (`OpenID` Connect Discovery section 3, RFC 8414 section 2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct MetadataDocument {
    issuer: String,
    pub(super) jwks_uri: String,
    pub(super) introspection_endpoint: Option<String>,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    pub(super) device_authorization_endpoint: Option<String>,
    pub(super) revocation_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// The provider's metadata, with the keys at its `jwks_uri`.
pub(super) struct ProviderMetadata {
    pub(super) document: MetadataDocument,
    pub(super) keys: Arc<Keys>,
}

impl MetadataDocument {
    /// Whether clients must send their secret in the body (`client_secret_post`), because the header is not supported.
    pub(super) fn requires_secret_in_body(&self) -> bool {
        let supports = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|one| one == method);
        supports("client_secret_post") && !supports("client_secret_basic")
    }
}

impl ProviderMetadata {
    /// The URL of the metadata document.
    pub(super) fn url(settings: &Settings) -> String {
        format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'))
    }

    /// Parses the document. Cached keys of `previous` stay in use if `jwks_uri` is unchanged.
    pub(super) fn parse(document: Value, settings: &Settings, previous: Option<&Self>) -> Result<Self, MetadataError> {
        let document: MetadataDocument = serde_json::from_value(document).map_err(MetadataError::Unreadable)?;
        if document.issuer != settings.issuer {
            return Err(MetadataError::OtherIssuer(document.issuer));
        }
        let same = previous.filter(|previous| previous.document.jwks_uri == document.jwks_uri);
        let keys = same.map_or_else(|| Arc::new(Keys::new(settings.refresh)), |previous| Arc::clone(&previous.keys));
        Ok(Self { document, keys })
    }
}

/// Why a metadata document is not used.
#[derive(Debug, thiserror::Error)]
pub(super) enum MetadataError {
    #[error("the metadata of the identity provider cannot be read: {0}")]
    Unreadable(#[source] serde_json::Error),
    #[error("the identity provider reports another issuer; set `oauth.issuer` to exactly this one: {0}")]
    OtherIssuer(String),
}

/// Parses a URL from the configuration. It must be `https`; `http` is accepted inside a machine or cluster, where certificates may be
/// absent ([`is_secure_transport`]).
pub(super) fn parse_configured_url(url: &str) -> Result<Url, ProviderUnavailable> {
    let parsed = Url::parse(url).ok().filter(is_secure_transport);
    parsed.ok_or_else(|| {
        tracing::error!(url, "the URL of the identity provider is not https");
        ProviderUnavailable
    })
}

/// Parses a URL from the provider's metadata. The metadata of an `https` issuer may only name `https` URLs.
pub(super) fn parse_discovered_url(url: &str, settings: &Settings) -> Result<Url, ProviderUnavailable> {
    let found = parse_configured_url(url)?;
    if settings.issuer.starts_with("https:") && found.scheme() != "https" {
        tracing::error!(url, "the metadata of the identity provider names a URL that is not https");
        return Err(ProviderUnavailable);
    }
    Ok(found)
}

/// Whether secrets may be sent to a URL: `https`, or `http` to loopback, to a name without a dot, or to a service of a cluster.
fn is_secure_transport(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let is_local = match address {
        Some(address) => address.is_loopback(),
        None => host == "localhost" || !host.contains('.') || host.ends_with(".svc.cluster.local"),
    };
    url.scheme() == "https" || (url.scheme() == "http" && is_local && !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_accepted_only_with_secure_transport() {
        let accepted = |issuer: &str, url: &str| {
            let settings = Settings::new(issuer.to_owned(), Vec::new());
            (parse_configured_url(url).is_ok(), parse_discovered_url(url, &settings).is_ok())
        };
        let (outside, inside) = ("https://id.example", "http://hydra.iam.svc.cluster.local:4444");
        for (url, configured, https_issuer, http_issuer) in [
            ("https://id.example/keys", true, true, true),
            ("https://10.0.0.1/keys", true, true, true),
            ("http://hydra:4445/keys", true, false, true),
            ("http://hydra.iam.svc.cluster.local:4445/x", true, false, true),
            ("http://127.0.0.1:4445/keys", true, false, true),
            ("http://[::1]/keys", true, false, true),
            ("http://localhost/keys", true, false, true),
            ("http://169.254.169.254/latest/meta-data", false, false, false),
            ("http://10.0.0.1/keys", false, false, false),
            ("http://2130706433.example/keys", false, false, false),
            ("http://id.example/keys", false, false, false),
            ("http://svc.cluster.local.evil.example/", false, false, false),
            ("ftp://localhost/keys", false, false, false),
            ("file:///etc/passwd", false, false, false),
            ("data:application/json,{}", false, false, false),
            ("/keys", false, false, false),
            ("", false, false, false),
        ] {
            assert_eq!(accepted(outside, url), (configured, https_issuer), "{url}");
            assert_eq!(accepted(inside, url), (configured, http_issuer), "{url}");
        }
    }
}
