//! Certificates as a controller has them: an authority of its own, and a leaf that it signed.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// Names in the leaf; clients look for the first (`api/apiclient.go`).
const NAMES: [&str; 4] = ["juju-apiserver", "juju-mongodb", "localhost", "anything"];

/// What the server shows, and what clients trust it by.
pub(crate) struct Identity {
    pub(crate) ca_certificate: String,
    pub(crate) server: Arc<ServerConfig>,
}

/// Makes a new authority and a leaf.
///
/// # Errors
/// One sentence, where the crypto library refuses.
pub(crate) fn identity() -> Result<Identity, String> {
    let message = |error: &dyn std::error::Error| error.to_string();
    let authority_key = KeyPair::generate().map_err(|error| message(&error))?;
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::OrganizationName, "Juju");
    authority.distinguished_name.push(DnType::CommonName, "juju-generated CA for the simulated controller");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages =
        vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    let ca = authority.self_signed(&authority_key).map_err(|error| message(&error))?;
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().map_err(|error| message(&error))?;
    let mut leaf = CertificateParams::new(NAMES.map(str::to_owned).to_vec()).map_err(|error| message(&error))?;
    leaf.subject_alt_names.push(rcgen::SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = leaf.signed_by(&key, &issuer).map_err(|error| message(&error))?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| message(&error))?
        .with_no_client_auth()
        // the authority goes along, so that `juju login HOST` can show it
        .with_single_cert(vec![certificate.der().clone(), ca.der().clone()], private)
        .map_err(|error| message(&error))?;
    Ok(Identity { ca_certificate: ca.pem(), server: Arc::new(server) })
}
