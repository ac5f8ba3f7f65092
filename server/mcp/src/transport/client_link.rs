//! The way back to the client of one HTTP request: notifications, and requests to clients with a session.

use std::{
    io,
    sync::{Arc, OnceLock},
};

use rmcp::{
    RoleServer, ServerHandler,
    model::{
        ClientCapabilities, ClientJsonRpcMessage, Implementation, InitializeRequestParams, ProtocolVersion,
        ServerJsonRpcMessage,
    },
    service::{Peer, RequestContext, RunningService, serve_directly},
    transport::Transport,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{outbox::Outbox, sessions::Session};

/// The client of one request. Its [`Peer`] is a service of its own with channels and a task, so it exists only if something is sent.
pub(crate) struct ClientLink {
    pub(super) outbox: Arc<Outbox>,
    /// What the client declared in its session, or the version of its request.
    declared: InitializeRequestParams,
    session: Option<Arc<Session>>,
    peer: OnceLock<RunningService<RoleServer, Silent>>,
}

impl ClientLink {
    pub(super) fn new(declared: InitializeRequestParams, session: Option<Arc<Session>>) -> Self {
        Self { outbox: Arc::default(), declared, session, peer: OnceLock::new() }
    }

    pub(super) fn peer(&self) -> Peer<RoleServer> {
        let start = || {
            let (responses, received) = unbounded_channel();
            let transport =
                LinkTransport { outbox: Arc::clone(&self.outbox), session: self.session.clone(), responses, received };
            serve_directly(Silent, transport, Some(self.declared.clone()))
        };
        self.peer.get_or_init(start).peer().clone()
    }
}

/// A peer that sends nothing, for handlers that take theirs on demand.
pub(super) fn closed_peer() -> Peer<RoleServer> {
    let (responses, received) = unbounded_channel();
    let transport = LinkTransport { outbox: Arc::default(), session: None, responses, received };
    // dropping the service closes the peer
    serve_directly(Silent, transport, None).peer().clone()
}

fn link(context: &RequestContext<RoleServer>) -> Option<&Arc<ClientLink>> {
    context.extensions.get::<Arc<ClientLink>>()
}

/// The session of a request, if its client has one.
pub(crate) fn session(context: &RequestContext<RoleServer>) -> Option<Arc<Session>> {
    link(context)?.session.clone()
}

/// The peer of a request, over every transport.
pub(crate) fn peer(context: &RequestContext<RoleServer>) -> Peer<RoleServer> {
    link(context).map_or_else(|| context.peer.clone(), |link| link.peer())
}

/// Name and version of the client of a request, over every transport.
pub(crate) fn client_info(context: &RequestContext<RoleServer>) -> Option<Implementation> {
    let from_session = || Some(link(context)?.session.as_ref()?.client.client_info.clone());
    context.client_info().or_else(from_session)
}

/// The capabilities that the client of a request declares, over every transport.
pub(crate) fn client_capabilities(context: &RequestContext<RoleServer>) -> Option<ClientCapabilities> {
    let from_session = || Some(link(context)?.session.as_ref()?.client.capabilities.clone());
    context.client_capabilities().or_else(from_session)
}

/// The protocol version of a request, over every transport.
pub(crate) fn protocol_version(context: &RequestContext<RoleServer>) -> Option<ProtocolVersion> {
    context.protocol_version().or_else(|| Some(link(context)?.declared.protocol_version.clone()))
}

/// Serves no requests: the service of a [`ClientLink`] only sends.
#[derive(Debug, Clone)]
struct Silent;

impl ServerHandler for Silent {}

/// Sends what a peer sends to the client, and receives the responses to its requests.
struct LinkTransport {
    outbox: Arc<Outbox>,
    session: Option<Arc<Session>>,
    responses: UnboundedSender<ClientJsonRpcMessage>,
    received: UnboundedReceiver<ClientJsonRpcMessage>,
}

impl Transport<RoleServer> for LinkTransport {
    type Error = io::Error;

    fn send(
        &mut self,
        mut message: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), io::Error>> + Send + 'static {
        let sent = match &mut message {
            ServerJsonRpcMessage::Request(request) => {
                let asked = self
                    .session
                    .as_ref()
                    .and_then(|session| session.add_question(request.id.clone(), self.responses.clone()));
                asked.map(|id| request.id = id)
            }
            _ => Some(()),
        };
        if sent.is_some() {
            self.outbox.push(&message);
        }
        let error = || io::Error::new(io::ErrorKind::NotConnected, "the client has no session to respond in");
        std::future::ready(sent.ok_or_else(error))
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        self.received.recv().await
    }

    async fn close(&mut self) -> Result<(), io::Error> {
        Ok(())
    }
}
