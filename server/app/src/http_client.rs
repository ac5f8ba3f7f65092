//! HTTP clients: trusted authorities, timeout, redirects.

use std::{sync::Arc, time::Duration};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};

use crate::failure::Failure;

/// Options of an HTTP client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HttpClientOptions<'setting> {
    /// How long a request may take.
    pub(crate) timeout: Duration,
    /// Certificate of an authority that is trusted in addition to those of the system, PEM.
    pub(crate) authority: Option<&'setting str>,
    /// Whether to follow redirects. Requests with a secret must not: a redirect could send it to another host.
    pub(crate) redirects: bool,
}

/// Whether a text is the URL of a server, to which paths and queries are added.
pub(crate) fn is_base_url(text: &str) -> bool {
    let uri = text.parse::<http::Uri>().ok();
    uri.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.query().is_none()
    })
}

/// A certificate that the program shows, and its key, both PEM.
pub(crate) struct ClientCertificate {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// The address of a server without the path of an endpoint: people paste the URL that their assistant uses.
pub(crate) fn base_url(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    let server = match url.find("://").map(|at| at + 3) {
        Some(host) => url[host..].find('/').map_or(url.len(), |path| host + path),
        None => url.len(),
    };
    let is_own_path = ["/mcp", "/console", "/api", "/readyz", "/healthz"]
        .into_iter()
        .any(|own| url[server..].strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if is_own_path { &url[..server] } else { url }
}

impl HttpClientOptions<'_> {
    /// Builds the client, without a proxy: one of the environment would see tokens of callers and the client's secret.
    pub(crate) fn build(self) -> Result<reqwest::Client, Failure> {
        self.builder()?.no_proxy().build().map_err(Failure::failed)
    }

    /// The client to be, with the proxies of the environment.
    pub(crate) fn builder(self) -> Result<reqwest::ClientBuilder, Failure> {
        self.builder_with_identity(None)
    }

    /// The same with a certificate that the program shows to servers which request one.
    pub(crate) fn builder_with_identity(
        self,
        identity: Option<&ClientCertificate>,
    ) -> Result<reqwest::ClientBuilder, Failure> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in self.authority.into_iter().flat_map(|pem| CertificateDer::pem_slice_iter(pem.as_bytes())) {
            roots.add(certificate.map_err(Failure::failed)?).map_err(Failure::failed)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Failure::failed)?
            .with_root_certificates(roots);
        let tls = match identity {
            None => tls.with_no_client_auth(),
            Some(ClientCertificate { certificate, key }) => {
                let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(Failure::failed)?;
                tls.with_client_auth_cert(chain.map_err(Failure::failed)?, key).map_err(Failure::failed)?
            }
        };
        let redirects =
            if self.redirects { reqwest::redirect::Policy::default() } else { reqwest::redirect::Policy::none() };
        Ok(reqwest::Client::builder().timeout(self.timeout).redirect(redirects).use_preconfigured_tls(tls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_url_drops_paths_of_the_server_only() {
        for (given, base) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://127.0.0.1:8080/mcp", "http://127.0.0.1:8080"),
            ("https://juju.example/mcp/full/", "https://juju.example"),
            ("https://juju.example/console", "https://juju.example"),
            ("https://example/prefix", "https://example/prefix"),
            ("https://example/mcpx", "https://example/mcpx"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(base_url(given), base, "{given}");
        }
    }
}
