//! TLS trust of a controller: its own certificate authority, or the system's roots for a public host name.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

/// Host name in the certificate of every controller (`api/apiclient.go`).
const CONTROLLER_NAME: &str = "juju-apiserver";

/// One accepted root and host name of the controller's certificate.
#[derive(Debug, Clone)]
pub(crate) struct TrustOption {
    pub(crate) config: Arc<ClientConfig>,
    /// Required name in the certificate; default: the host of the address.
    pub(crate) name: Option<ServerName<'static>>,
}

/// An unusable certificate authority or host name.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum TrustError {
    #[error("the CA certificate is not readable as PEM: {0}")]
    Certificate(String),
    #[error("the public host name is not a host name: {0:?}")]
    HostName(String),
    #[error("no root certificates found on this system")]
    NoSystemRoots,
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
}

/// Returns the trust options in the order of the attempts: the controller's own authority, then its public name.
pub(crate) fn trust_options(
    authority: Option<&str>,
    public_hostname: Option<&str>,
) -> Result<Vec<TrustOption>, TrustError> {
    let mut options = Vec::new();
    if let Some(pem) = authority {
        let name = ServerName::try_from(CONTROLLER_NAME).map_err(|cause| TrustError::Setup(cause.to_string()))?;
        options.push(TrustOption { config: config(own_roots(pem)?)?, name: Some(name) });
    }
    if authority.is_none() || public_hostname.is_some() {
        let name = public_hostname
            .map(|host| ServerName::try_from(host.to_owned()).map_err(|_| TrustError::HostName(host.to_owned())))
            .transpose()?;
        match system_roots() {
            Ok(roots) => options.push(TrustOption { config: config(roots)?, name }),
            Err(cause) if options.is_empty() => return Err(cause),
            Err(_) => {} // its own authority is enough
        }
    }
    Ok(options)
}

fn own_roots(pem: &str) -> Result<RootCertStore, TrustError> {
    let unreadable = |cause: &dyn std::fmt::Display| TrustError::Certificate(cause.to_string());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|cause| unreadable(&cause))?;
        roots.add(certificate).map_err(|cause| unreadable(&cause))?;
    }
    if roots.is_empty() { Err(unreadable(&"it holds no certificate")) } else { Ok(roots) }
}

fn system_roots() -> Result<RootCertStore, TrustError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(TrustError::NoSystemRoots) } else { Ok(roots) }
}

fn config(roots: RootCertStore) -> Result<Arc<ClientConfig>, TrustError> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|cause| TrustError::Setup(cause.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_certificate_is_rejected() {
        for text in ["", "hello", "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"] {
            assert!(matches!(trust_options(Some(text), None), Err(TrustError::Certificate(_))), "{text:?}");
        }
    }
}
