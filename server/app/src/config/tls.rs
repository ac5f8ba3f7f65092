//! The section `tls`: certificate and key of the listener.

use std::path::PathBuf;

use http_server::{Tls, TlsFiles};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::failure::Failure;

/// Serve HTTPS directly. Default: HTTP, for a server behind a proxy that ends TLS.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsSection {
    /// PEM file with the certificate of the server, then those of intermediate CAs. A change is active within seconds.
    pub(crate) certificate: PathBuf,
    /// PEM file with the private key of the certificate.
    pub(crate) key: PathBuf,
}

impl TlsSection {
    /// Reads the files.
    pub(crate) fn load(&self) -> Result<Tls, Failure> {
        let files = TlsFiles { certificate: self.certificate.clone(), key: self.key.clone() };
        Tls::load(files).map_err(|error| Failure::usage(error, "correct `tls.certificate` and `tls.key`"))
    }
}
