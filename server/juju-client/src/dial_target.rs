//! Opens sockets to a controller: connects to all addresses at once (TLS, WebSocket) and returns the first that succeeds.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        self, ClientRequestBuilder,
        http::{HeaderMap, Uri},
        protocol::WebSocketConfig,
    },
};

use crate::{
    address::Address,
    counted_stream::CountedStream,
    error::{AddressFailure, Error},
    tls::TrustOption,
};

/// A TLS connection with a verified certificate of the controller.
pub(crate) type TlsSocket = TlsStream<CountedStream>;
/// A WebSocket over [`TlsSocket`].
pub(crate) type ControllerSocket = WebSocketStream<TlsSocket>;

/// Addresses of a controller, and the certificates that identify it.
#[derive(Debug, Clone)]
pub(crate) struct DialTarget {
    pub(crate) controller: Arc<str>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) trust: Arc<[TrustOption]>,
    pub(crate) connect_timeout: Duration,
    pub(crate) max_message_bytes: usize,
}

/// Error of one address.
enum DialFailure {
    Network(String),
    Certificate(String),
}

impl DialTarget {
    /// Opens a WebSocket at `path` of the first address that succeeds.
    pub(crate) async fn open_websocket(
        &self,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<(ControllerSocket, Address), Error> {
        self.race(|address| async move {
            let secured = self.connect_tls(&address).await?;
            let socket = self.handshake(secured, &address, path, headers).await.map_err(DialFailure::Network)?;
            Ok((socket, address))
        })
        .await
    }

    /// Opens a TLS connection to the first address that succeeds.
    pub(crate) async fn open_tls(&self) -> Result<(TlsSocket, Address), Error> {
        self.race(|address| async move { Ok((self.connect_tls(&address).await?, address)) }).await
    }

    async fn race<T, F>(&self, dial: impl Fn(Address) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, DialFailure>>,
    {
        let mut attempts: FuturesUnordered<_> = self
            .addresses
            .iter()
            .map(|address| {
                let attempt = dial(address.clone());
                async move {
                    let limit = self.connect_timeout;
                    let timed_out =
                        |_| Err(DialFailure::Network(format!("no answer within {} s", limit.as_secs_f32())));
                    let result = tokio::time::timeout(limit, attempt).await.unwrap_or_else(timed_out);
                    result.map_err(|failure| (address, failure))
                }
            })
            .collect();
        let mut unreachable = Vec::new();
        let mut untrusted = Vec::new();
        while let Some(result) = attempts.next().await {
            match result {
                Ok(opened) => return Ok(opened),
                Err((address, DialFailure::Network(cause))) => {
                    unreachable.push(AddressFailure { address: address.to_string(), cause });
                }
                Err((address, DialFailure::Certificate(cause))) => {
                    untrusted.push(AddressFailure { address: address.to_string(), cause });
                }
            }
        }
        let controller = self.controller.to_string();
        // a wrong certificate is more specific than an unreachable address
        if untrusted.is_empty() {
            Err(Error::Unreachable { controller, attempts: unreachable })
        } else {
            Err(Error::WrongCertificate { controller, attempts: untrusted })
        }
    }

    async fn connect_tls(&self, address: &Address) -> Result<TlsSocket, DialFailure> {
        let mut last = DialFailure::Network("no trusted certificate is configured".to_owned());
        for trust in self.trust.iter() {
            let stream = TcpStream::connect((address.host.as_str(), address.port))
                .await
                .map_err(|cause| DialFailure::Network(cause.to_string()))?;
            // small requests must not wait for earlier replies; a socket without this option works too
            let _ = stream.set_nodelay(true);
            let name = match &trust.name {
                Some(name) => name.clone(),
                None => ServerName::try_from(address.host.clone())
                    .map_err(|_| DialFailure::Network("not a host name".to_owned()))?,
            };
            match TlsConnector::from(trust.config.clone()).connect(name, CountedStream::new(stream)).await {
                Ok(secured) => return Ok(secured),
                Err(cause) => match certificate_error(&cause) {
                    Some(reason) => last = DialFailure::Certificate(reason),
                    None => return Err(DialFailure::Network(format!("TLS failed: {cause}"))),
                },
            }
        }
        Err(last)
    }

    async fn handshake(
        &self,
        secured: TlsSocket,
        address: &Address,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<ControllerSocket, String> {
        let uri: Uri = format!("wss://{}{}{path}", address.authority(), address.prefix)
            .parse()
            .map_err(|cause| format!("not an address: {cause}"))?;
        let mut request = ClientRequestBuilder::new(uri);
        for (name, value) in headers {
            let value = value.to_str().map_err(|cause| cause.to_string())?;
            request = request.with_header(name.as_str(), value);
        }
        let config = WebSocketConfig::default()
            .read_buffer_size(32 << 10)
            .max_message_size(Some(self.max_message_bytes))
            .max_frame_size(Some(self.max_message_bytes));
        match client_async_with_config(request, secured, Some(config)).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(response)) => Err(format!("it answered HTTP {}", response.status())),
            Err(cause) => Err(cause.to_string()),
        }
    }
}

/// Message of a certificate error; `None` for any other error.
fn certificate_error(cause: &std::io::Error) -> Option<String> {
    match cause.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(reason) => Some(match reason {
            rustls::CertificateError::UnknownIssuer => "it was issued by another authority".to_owned(),
            other => other.to_string(),
        }),
        _ => None,
    }
}
