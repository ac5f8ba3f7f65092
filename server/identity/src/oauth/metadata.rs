//! What the provider says of itself, and at which addresses it is asked.

use std::{net::IpAddr, sync::Arc};

use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::{ProviderDown, Settings, keys::Keys};

/// What we need of the provider's metadata (`OpenID` Connect Discovery section 3, RFC 8414 section 2).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) jwks_uri: String,
    pub(super) introspection_endpoint: Option<String>,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) authorization_endpoint: Option<String>,
    pub(super) token_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// The metadata as they were last read, with the keys at the address that they name.
pub(super) struct Told {
    pub(super) metadata: Metadata,
    pub(super) keys: Arc<Keys>,
}

impl Metadata {
    /// Whether clients have to send their secret in the body, because the header is not among what the provider takes.
    pub(super) fn wants_post(&self) -> bool {
        let takes = |method: &str| self.token_endpoint_auth_methods_supported.iter().any(|one| one == method);
        takes("client_secret_post") && !takes("client_secret_basic")
    }
}

impl Told {
    /// Where an issuer publishes its metadata.
    pub(super) fn address(settings: &Settings) -> String {
        format!("{}/.well-known/openid-configuration", settings.issuer.trim_end_matches('/'))
    }

    /// Reads the metadata. Keys that were read `before` go on to count if they are at the same address.
    ///
    /// # Errors
    /// Why it is not taken.
    pub(super) fn read(told: Value, settings: &Settings, before: Option<&Self>) -> Result<Self, NotTaken> {
        let metadata: Metadata = serde_json::from_value(told).map_err(NotTaken::Unreadable)?;
        if metadata.issuer != settings.issuer {
            return Err(NotTaken::OtherIssuer(metadata.issuer));
        }
        let same = before.filter(|before| before.metadata.jwks_uri == metadata.jwks_uri);
        let keys = same.map(|before| Arc::clone(&before.keys)).unwrap_or_default();
        Ok(Self { metadata, keys })
    }
}

/// Why metadata is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    #[error("the metadata of the identity provider cannot be read: {0}")]
    Unreadable(#[source] serde_json::Error),
    #[error("the identity provider calls itself by another issuer; configure exactly that one: {0}")]
    OtherIssuer(String),
}

/// An address that the operator named, if what is sent there stays between the two of us. Inside a cluster there may be no
/// certificates, so `http` is taken for names without a dot and for those of a cluster too.
pub(super) fn named_by_operator(url: &str) -> Result<Url, ProviderDown> {
    let parsed = Url::parse(url).ok().filter(is_private);
    parsed.ok_or_else(|| {
        tracing::error!(url, "the identity provider has an address that is not https");
        ProviderDown
    })
}

/// An address that the provider named. One that is asked by `https` leads nowhere else.
pub(super) fn named_by_provider(url: &str, settings: &Settings) -> Result<Url, ProviderDown> {
    let found = named_by_operator(url)?;
    if settings.issuer.starts_with("https:") && found.scheme() != "https" {
        tracing::error!(url, "the metadata of the identity provider leads away from https");
        return Err(ProviderDown);
    }
    Ok(found)
}

/// Whether an address is `https`, or near enough.
fn is_private(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
    let inside = match address {
        Some(address) => address.is_loopback(),
        None => host == "localhost" || !host.contains('.') || host.ends_with(".svc.cluster.local"),
    };
    url.scheme() == "https" || (url.scheme() == "http" && inside && !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_goes_only_where_it_stays_so() {
        let taken = |issuer: &str, url: &str| {
            let settings = Settings::new(issuer.to_owned(), Vec::new());
            (named_by_operator(url).is_ok(), named_by_provider(url, &settings).is_ok())
        };
        let (outside, inside) = ("https://id.example", "http://hydra.iam.svc.cluster.local:4444");
        for (url, by_operator, by_https, by_http) in [
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
            assert_eq!(taken(outside, url), (by_operator, by_https), "{url}");
            assert_eq!(taken(inside, url), (by_operator, by_http), "{url}");
        }
    }
}
