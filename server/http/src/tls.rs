//! TLS with a certificate and a key from files, which are read again when they change.

use std::{
    io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use parking_lot::RwLock;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{Accept, TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;

/// How often the files are compared with the certificate in use.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// Why the certificate or the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{file}`: {cause}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause.
        #[source]
        cause: io::Error,
    },
    /// A file has other content than expected.
    #[error("`{file}` contains no {expected} in PEM format")]
    Malformed {
        /// The file.
        file: PathBuf,
        /// `certificate` or `private key`.
        expected: &'static str,
    },
    /// The key has an unsupported type, or belongs to another certificate.
    #[error("the key `{key}` does not fit the certificate `{certificate}`: {cause}")]
    Mismatch {
        /// The file with the certificate.
        certificate: PathBuf,
        /// The file with the key.
        key: PathBuf,
        /// The cause.
        #[source]
        cause: rustls::Error,
    },
}

/// The files of a server's certificate chain and private key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, then those of the intermediate CAs.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// The content of the files when they were last read.
type Content = [Vec<u8>; 2];

impl TlsFiles {
    fn read(&self) -> Result<Content, TlsError> {
        let read =
            |file: &Path| std::fs::read(file).map_err(|cause| TlsError::Unreadable { file: file.to_owned(), cause });
        Ok([read(&self.certificate)?, read(&self.key)?])
    }

    /// Parses the content and checks that the key belongs to the certificate.
    fn parse(&self, [certificate, key]: &Content, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let malformed = |file: &Path, expected| TlsError::Malformed { file: file.to_owned(), expected };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| malformed(&self.certificate, "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| malformed(&self.key, "private key"))?;
        CertifiedKey::from_der(chain, key, provider).map_err(|cause| TlsError::Mismatch {
            certificate: self.certificate.clone(),
            key: self.key.clone(),
            cause,
        })
    }
}

/// The certificate in use. New connections receive the current one; open connections keep theirs.
#[derive(Debug)]
struct CurrentCertificate(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for CurrentCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read()))
    }
}

/// TLS 1.2 and 1.3 with the certificate from [`TlsFiles`]. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tls {
    files: TlsFiles,
    loaded: Content,
    current: Arc<CurrentCertificate>,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] if the server cannot use them.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let loaded = files.read()?;
        let certificate = files.parse(&loaded, &provider)?;
        let current = Arc::new(CurrentCertificate(RwLock::new(Arc::new(certificate))));
        let unusable =
            |cause| TlsError::Mismatch { certificate: files.certificate.clone(), key: files.key.clone(), cause };
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
            .map_err(unusable)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { files, loaded, current, config: Arc::new(config) })
    }

    /// Replaces the certificate whenever the files change, until `stop` is cancelled. Files that cannot be used leave the
    /// previous certificate in use; the server logs each reason once.
    pub async fn watch(mut self, stop: CancellationToken) {
        let mut reported = String::new();
        while stop.run_until_cancelled(tokio::time::sleep(POLL_INTERVAL)).await.is_some() {
            match self.reload() {
                Ok(changed) => {
                    reported.clear();
                    if changed {
                        tracing::info!("the TLS certificate was replaced");
                    }
                }
                Err(error) if error.to_string() == reported => {}
                Err(error) => {
                    tracing::error!(%error, "the previous TLS certificate stays in use");
                    reported = error.to_string();
                }
            }
        }
    }

    /// Reads the files and returns whether the certificate was replaced.
    fn reload(&mut self) -> Result<bool, TlsError> {
        let content = self.files.read()?;
        if content == self.loaded {
            return Ok(false);
        }
        let certificate = self.files.parse(&content, self.config.crypto_provider())?;
        *self.current.0.write() = Arc::new(certificate);
        self.loaded = content;
        Ok(true)
    }
}

/// A connection with or without TLS. The handshake takes place during the first read or write, so the deadlines of the
/// connection bound it, and it delays no other connection.
pub(crate) enum Transport {
    /// Without TLS.
    Plain(TcpStream),
    /// During the handshake.
    Handshake(Box<Accept<TcpStream>>),
    /// With TLS.
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl Transport {
    /// A connection that uses TLS if the server does.
    pub(crate) fn new(stream: TcpStream, tls: Option<&Tls>) -> Self {
        match tls {
            None => Self::Plain(stream),
            Some(tls) => Self::Handshake(Box::new(TlsAcceptor::from(Arc::clone(&tls.config)).accept(stream))),
        }
    }

    /// Completes the handshake.
    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Self::Handshake(accept) = self {
            let stream = ready!(Pin::new(accept).poll(context))?;
            *self = Self::Encrypted(Box::new(stream));
        }
        Poll::Ready(Ok(()))
    }
}

/// Calls a method of the open stream.
macro_rules! on_stream {
    ($self:ident, $context:ident, $method:ident ( $($argument:expr),* )) => {{
        let this = $self.get_mut();
        ready!(this.poll_open($context))?;
        match this {
            Self::Plain(stream) => Pin::new(stream).$method($context $(, $argument)*),
            Self::Encrypted(stream) => Pin::new(stream).$method($context $(, $argument)*),
            Self::Handshake(_) => Poll::Pending,
        }
    }};
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, context, poll_read(buffer))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        on_stream!(self, context, poll_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_stream!(self, context, poll_write_vectored(buffers))
    }

    fn is_write_vectored(&self) -> bool {
        // both kinds of stream support it
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, context, poll_flush())
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self, context, poll_shutdown())
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::{Router, routing::get};
    use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };
    use tokio_rustls::TlsConnector;

    use super::*;
    use crate::{Settings, serve};

    /// A self-signed certificate and its key.
    fn generate() -> (String, String) {
        let generated = rcgen::generate_simple_self_signed(["mcp.example".to_owned()]).expect("a certificate");
        (generated.cert.pem(), generated.signing_key.serialize_pem())
    }

    fn write(folder: &Path, (certificate, key): &(String, String)) -> TlsFiles {
        let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
        std::fs::write(&files.certificate, certificate).expect("written");
        std::fs::write(&files.key, key).expect("written");
        files
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("juju-mcp-tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// The status line of a response to a client that trusts only `certificate`.
    async fn get_page(address: SocketAddr, certificate: &str) -> io::Result<String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")).expect("a root");
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("mcp.example").expect("a name");
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: mcp.example\r\nConnection: close\r\n\r\n").await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }

    #[tokio::test]
    async fn replaced_files_change_the_certificate_of_new_connections() {
        let folder = folder("reload");
        let (first, second) = (generate(), generate());
        let files = write(&folder, &first);
        let tls = Tls::load(files.clone()).expect("loaded");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(async || "page"));
        let settings = Settings { tls: Some(tls.clone()), ..Settings::default() };
        let server = tokio::spawn({
            let stop = stop.clone();
            async move { serve(listener, router, &settings, stop).await }
        });
        assert_eq!(get_page(address, &first.0).await.expect("served"), "HTTP/1.1 200 OK");
        let mut tls = tls;
        std::fs::write(&files.key, &second.1).expect("written");
        assert!(matches!(tls.reload(), Err(TlsError::Mismatch { .. })), "a key without its certificate");
        assert_eq!(get_page(address, &first.0).await.expect("served"), "HTTP/1.1 200 OK");
        write(&folder, &second);
        assert!(tls.reload().expect("usable") && !tls.reload().expect("unchanged"));
        assert_eq!(get_page(address, &second.0).await.expect("served"), "HTTP/1.1 200 OK");
        get_page(address, &first.0).await.expect_err("the first certificate is no longer in use");
        stop.cancel();
        server.await.expect("ended").expect("served");
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[tokio::test]
    async fn client_without_tls_gets_no_response() {
        let folder = folder("plain");
        let tls = Tls::load(write(&folder, &generate())).expect("loaded");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let settings = Settings { tls: Some(tls), ..Settings::default() };
        tokio::spawn({
            let stop = stop.clone();
            async move { serve(listener, Router::new(), &settings, stop).await }
        });
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: mcp.example\r\n\r\n").await.expect("sent");
        let mut received = Vec::new();
        // the server ends the connection, with an alert at most
        let _ = stream.read_to_end(&mut received).await;
        assert!(!String::from_utf8_lossy(&received).contains("HTTP/"), "{received:?}");
        stop.cancel();
        std::fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn files_without_certificate_or_key_are_refused_by_name() {
        let folder = folder("refused");
        let (certificate, key) = generate();
        let error = |content: &(String, String)| Tls::load(write(&folder, content)).expect_err("unusable").to_string();
        let empty = error(&(String::new(), key.clone()));
        assert!(empty.ends_with("cert.pem` contains no certificate in PEM format"), "{empty}");
        let swapped = error(&(certificate.clone(), certificate.clone()));
        assert!(swapped.ends_with("key.pem` contains no private key in PEM format"), "{swapped}");
        let other = error(&(certificate, generate().1));
        assert!(other.contains("does not fit the certificate"), "{other}");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
