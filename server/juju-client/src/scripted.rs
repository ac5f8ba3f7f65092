//! A controller that a test drives frame by frame, for faults that a real controller does not produce on demand.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use juju_wire::Request;
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use crate::{ControllerEndpoint, Controllers, Credential, Settings};

/// UUID of the scripted controller.
pub(crate) const UUID: &str = "5c21b1ed-0000-4000-8000-000000000001";

/// The socket of one client at the scripted controller.
pub(crate) struct ScriptedClient(WebSocketStream<TlsStream<TcpStream>>);

/// The scripted controller: the test receives each client that connects.
pub(crate) struct ScriptedController {
    pub(crate) address: String,
    pub(crate) authority: String,
    clients: mpsc::UnboundedReceiver<ScriptedClient>,
}

impl ScriptedController {
    pub(crate) async fn start() -> Self {
        Self::start_at(TcpListener::bind("127.0.0.1:0").await.expect("a port"))
    }

    pub(crate) fn start_at(listener: TcpListener) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["juju-apiserver".to_owned()]).expect("a certificate");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
        let certificates: Vec<CertificateDer> = vec![made.cert.der().clone()];
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .expect("fits");
        let address = listener.local_addr().expect("bound").to_string();
        let (sender, clients) = mpsc::unbounded_channel();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(secured) = acceptor.accept(stream).await else { continue };
                let Ok(socket) = tokio_tungstenite::accept_async(secured).await else { continue };
                if sender.send(ScriptedClient(socket)).is_err() {
                    return;
                }
            }
        });
        Self { address, authority: made.cert.pem(), clients }
    }

    pub(crate) fn endpoint(&self) -> ControllerEndpoint {
        ControllerEndpoint {
            name: "scripted".to_owned(),
            uuid: Some(UUID.to_owned()),
            addresses: vec![self.address.clone()],
            ca_certificate: Some(self.authority.clone()),
            public_hostname: None,
            credential: Credential::Password { user: "admin".to_owned(), password: "s3cret".into() },
        }
    }

    pub(crate) fn controllers(&self, settings: Settings) -> Controllers {
        Controllers::new(vec![self.endpoint()], None, settings)
    }

    /// The next client that connects.
    pub(crate) async fn client(&mut self) -> ScriptedClient {
        self.clients.recv().await.expect("a client connects")
    }

    /// The next client that connects, logged in.
    pub(crate) async fn logged_in(&mut self) -> ScriptedClient {
        let mut client = self.client().await;
        let login = client.request().await.expect("a log-in");
        assert_eq!((login.facade.as_str(), login.version, login.method.as_str()), ("Admin", 3, "Login"));
        client.answer(login.id, login_result("3.6.11")).await;
        client
    }

    /// Whether a client has connected that the test has not received.
    pub(crate) fn has_new_client(&mut self) -> bool {
        self.clients.try_recv().is_ok()
    }
}

/// Reply of a controller of `version` to a log-in.
pub(crate) fn login_result(version: &str) -> Value {
    json!({
        "controller-tag": format!("controller-{UUID}"),
        "server-version": version,
        "user-info": {"identity": "user-admin", "controller-access": "superuser"},
        "facades": [{"name": "ModelManager", "versions": [9, 10]}, {"name": "Pinger", "versions": [1]}],
    })
}

impl ScriptedClient {
    /// The next request; `None` after the client has closed the socket.
    pub(crate) async fn request(&mut self) -> Option<Request> {
        loop {
            match self.0.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).expect("a request")),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) async fn send(&mut self, text: String) {
        // some tests need a closed client
        let _ = self.0.send(Message::text(text)).await;
    }

    pub(crate) async fn answer(&mut self, id: u64, response: Value) {
        self.send(json!({"request-id": id, "response": response}).to_string()).await;
    }

    pub(crate) async fn refuse(&mut self, id: u64, code: &str, info: Value) {
        self.send(json!({"request-id": id, "error": code, "error-code": code, "error-info": info}).to_string()).await;
    }
}
