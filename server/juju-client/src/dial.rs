//! Opening sockets: all addresses at once, TLS, the WebSocket handshake; the first that succeeds is taken.

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
    error::{AddressFailure, Error},
    tls::Trust,
};

/// An open connection that is known to end at the controller.
pub(crate) type Secured = TlsStream<TcpStream>;
/// The same after the WebSocket handshake.
pub(crate) type Socket = WebSocketStream<Secured>;

/// Where a controller is and how it proves itself.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) controller: Arc<str>,
    pub(crate) addresses: Vec<Address>,
    pub(crate) trust: Arc<[Trust]>,
    pub(crate) connect_timeout: Duration,
    pub(crate) largest_message: usize,
}

/// Why one address failed.
enum Failure {
    Network(String),
    Certificate(String),
}

impl Target {
    /// Opens a WebSocket at `path` of whichever address answers first.
    pub(crate) async fn open(&self, path: &str, headers: &HeaderMap) -> Result<(Socket, Address), Error> {
        self.first(|address| async move {
            let secured = self.secure(&address).await?;
            let socket = self.handshake(secured, &address, path, headers).await.map_err(Failure::Network)?;
            Ok((socket, address))
        })
        .await
    }

    /// Opens TLS to whichever address answers first.
    pub(crate) async fn open_plain(&self) -> Result<(Secured, Address), Error> {
        self.first(|address| async move { Ok((self.secure(&address).await?, address)) }).await
    }

    async fn first<T, F>(&self, dial: impl Fn(Address) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut dialling: FuturesUnordered<_> = self
            .addresses
            .iter()
            .map(|address| {
                let attempt = dial(address.clone());
                async move {
                    let limit = self.connect_timeout;
                    let slow = |_| Err(Failure::Network(format!("no answer within {} s", limit.as_secs_f32())));
                    let ended = tokio::time::timeout(limit, attempt).await.unwrap_or_else(slow);
                    ended.map_err(|failure| (address, failure))
                }
            })
            .collect();
        let (mut tries, mut distrusted) = (Vec::new(), Vec::new());
        while let Some(ended) = dialling.next().await {
            match ended {
                Ok(opened) => return Ok(opened),
                Err((address, Failure::Network(cause))) => {
                    tries.push(AddressFailure { address: address.to_string(), cause });
                }
                Err((address, Failure::Certificate(cause))) => {
                    distrusted.push(AddressFailure { address: address.to_string(), cause });
                }
            }
        }
        let controller = self.controller.to_string();
        // a wrong certificate says more than an address that is merely down
        if distrusted.is_empty() {
            Err(Error::Unreachable { controller, tries })
        } else {
            Err(Error::WrongCertificate { controller, tries: distrusted })
        }
    }

    async fn secure(&self, address: &Address) -> Result<Secured, Failure> {
        let mut last = Failure::Network("no way to trust it is configured".to_owned());
        for trust in self.trust.iter() {
            let stream = TcpStream::connect((address.host.as_str(), address.port))
                .await
                .map_err(|cause| Failure::Network(cause.to_string()))?;
            // small requests must not wait for earlier answers; a socket that cannot be told so still works
            let _ = stream.set_nodelay(true);
            let name = match &trust.name {
                Some(name) => name.clone(),
                None => ServerName::try_from(address.host.clone())
                    .map_err(|_| Failure::Network("not a host name".to_owned()))?,
            };
            match TlsConnector::from(trust.config.clone()).connect(name, stream).await {
                Ok(secured) => return Ok(secured),
                Err(cause) => match certificate_error(&cause) {
                    Some(reason) => last = Failure::Certificate(reason),
                    None => return Err(Failure::Network(format!("TLS failed: {cause}"))),
                },
            }
        }
        Err(last)
    }

    async fn handshake(
        &self,
        secured: Secured,
        address: &Address,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Socket, String> {
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
            .max_message_size(Some(self.largest_message))
            .max_frame_size(Some(self.largest_message));
        match client_async_with_config(request, secured, Some(config)).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(response)) => Err(format!("it answered HTTP {}", response.status())),
            Err(cause) => Err(cause.to_string()),
        }
    }
}

/// What is wrong with the other side's certificate, where that is what failed.
fn certificate_error(cause: &std::io::Error) -> Option<String> {
    match cause.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(reason) => Some(match reason {
            rustls::CertificateError::UnknownIssuer => "it was issued by another authority".to_owned(),
            other => other.to_string(),
        }),
        _ => None,
    }
}
