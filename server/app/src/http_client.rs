//! HTTP clients: trusted authorities, timeout, redirects.

use std::{sync::Arc, time::Duration};

use rustls::pki_types::{CertificateDer, pem::PemObject as _};

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

impl HttpClientOptions<'_> {
    /// Builds the client.
    pub(crate) fn build(self) -> Result<reqwest::Client, Failure> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in self.authority.into_iter().flat_map(|pem| CertificateDer::pem_slice_iter(pem.as_bytes())) {
            roots.add(certificate.map_err(Failure::failed)?).map_err(Failure::failed)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(Failure::failed)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let redirects =
            if self.redirects { reqwest::redirect::Policy::default() } else { reqwest::redirect::Policy::none() };
        let client = reqwest::Client::builder().timeout(self.timeout).redirect(redirects).use_preconfigured_tls(tls);
        client.build().map_err(Failure::failed)
    }
}
