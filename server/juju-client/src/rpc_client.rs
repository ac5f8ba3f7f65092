//! Typed calls over one socket: [`RpcClient::send`] is the only way to call a method.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use juju_wire::Method;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::{Instrument as _, field::Empty, info_span};

use crate::{
    Settings,
    audit_trail::AuditTrail,
    coalescer::{ChangeCounter, RequestCoalescer, may_be_coalesced},
    dial_target::ControllerSocket,
    error::{DisconnectReason, Error},
    frame::{self, ReplyError},
    rpc_socket::{NoReply, RpcSocket},
};

/// One socket to a controller, before and after log-in.
#[derive(Debug)]
pub(crate) struct RpcClient {
    socket: RpcSocket,
    controller: Arc<str>,
    /// Identifies this connection in the controller's audit log; `None` if the log-in cannot send it.
    connection_id: Option<Arc<str>>,
    changes: Arc<ChangeCounter>,
    coalescer: RequestCoalescer,
}

/// One call of the method `M`.
pub(crate) struct RpcRequest<'a, M: Method> {
    /// Version of the facade.
    pub(crate) version: u32,
    /// Id of an object at the controller, for example a watcher; empty for a call of the facade itself.
    pub(crate) object: &'a str,
    pub(crate) body: &'a M::Params,
    /// `None` waits until the reply arrives or the socket closes.
    pub(crate) timeout: Option<Duration>,
    /// Whether a read may share the reply to an equal read in flight.
    pub(crate) coalesce: bool,
    /// Records the request if the method is a write.
    pub(crate) audit_trail: Option<&'a AuditTrail>,
}

impl RpcClient {
    pub(crate) fn new(
        socket: ControllerSocket,
        controller: Arc<str>,
        connection_id: Option<Arc<str>>,
        changes: Arc<ChangeCounter>,
        settings: &Settings,
    ) -> Self {
        let socket = RpcSocket::new(socket, settings);
        Self { socket, controller, connection_id, changes, coalescer: RequestCoalescer::default() }
    }

    /// Whether the socket is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.socket.is_closed()
    }

    /// Calls a method and returns its decoded reply.
    ///
    /// # Errors
    /// [`Error::ConnectionLost`] if the call may be sent again on another connection: it was not sent, or it is a read.
    /// [`Error::UnknownOutcome`] if the reply to a write is lost or late. [`Error::Remote`] for the controller's own errors.
    pub(crate) async fn send<M: Method>(&self, request: RpcRequest<'_, M>) -> Result<M::Reply, Error> {
        let span = info_span!(
            target: "otlp_span",
            "juju request",
            otel.kind = "client",
            otel.name = frame::method_name::<M>(),
            rpc.system = "juju",
            rpc.service = M::FACADE,
            rpc.method = M::NAME,
            rpc.version = request.version,
            juju.controller = &*self.controller,
            error.type = Empty,
        );
        let reply = self.exchange(request).instrument(span.clone()).await;
        if let Err(error) = &reply {
            span.record("error.type", error.code());
        }
        reply
    }

    async fn exchange<M: Method>(&self, request: RpcRequest<'_, M>) -> Result<M::Reply, Error> {
        let RpcRequest { version, object, body, timeout, coalesce, audit_trail } = request;
        if M::WRITES {
            self.changes.increment();
        }
        let body = frame::encode_body::<M>(version, object, body)
            .map_err(|cause| Error::Parameters { method: frame::method_name::<M>(), cause: cause.to_string() })?;
        let reply = if coalesce && may_be_coalesced::<M>() {
            self.exchange_coalesced(&body, timeout).await
        } else {
            let id = self.socket.next_request_id();
            let reply = self.socket.exchange(id, &body, timeout).await;
            self.record::<M>(id, &reply, audit_trail);
            reply
        };
        let sent = !matches!(reply, Err(NoReply::NotSent(_)));
        let decoded = self.decode::<M>(reply);
        if M::WRITES {
            self.changes.increment();
            if let (true, Some(audit_trail)) = (sent, audit_trail) {
                audit_trail.count(!matches!(decoded, Err(Error::Remote(_))));
            }
        }
        decoded
    }

    async fn exchange_coalesced(&self, body: &str, timeout: Option<Duration>) -> Result<Utf8Bytes, NoReply> {
        let (in_flight, shared) = self.coalescer.share(self.changes.value(), body, || {
            let (socket, body) = (self.socket.clone(), body.to_owned());
            async move { socket.exchange(socket.next_request_id(), &body, timeout).await }.boxed()
        });
        match in_flight.await {
            // the timeout of the caller that sent the request, not of this one
            Err(NoReply::TimedOut(_)) if shared => {
                self.socket.exchange(self.socket.next_request_id(), body, timeout).await
            }
            reply => reply,
        }
    }

    /// Records a write that the controller may have received.
    fn record<M: Method>(&self, id: u64, reply: &Result<Utf8Bytes, NoReply>, audit_trail: Option<&AuditTrail>) {
        if let (true, Some(connection_id), Some(audit_trail)) = (M::WRITES, &self.connection_id, audit_trail)
            && !matches!(reply, Err(NoReply::NotSent(_)))
        {
            audit_trail.record::<M>(connection_id, id);
        }
    }

    fn decode<M: Method>(&self, reply: Result<Utf8Bytes, NoReply>) -> Result<M::Reply, Error> {
        let method = frame::method_name::<M>();
        match reply {
            Ok(text) => frame::decode_reply::<M>(&text).map_err(|error| match error {
                ReplyError::Remote(error) => Error::Remote(error),
                ReplyError::Malformed(cause) => Error::UnexpectedAnswer {
                    controller: self.controller.to_string(),
                    method,
                    cause: cause.to_string(),
                },
            }),
            Err(NoReply::Disconnected(cause)) if M::WRITES => Err(Error::UnknownOutcome { method, cause }),
            Err(NoReply::NotSent(cause) | NoReply::Disconnected(cause)) => {
                Err(Error::ConnectionLost { controller: self.controller.to_string(), method, cause })
            }
            Err(NoReply::TimedOut(limit)) if M::WRITES => {
                Err(Error::UnknownOutcome { method, cause: DisconnectReason::TimedOut(limit) })
            }
            Err(NoReply::TimedOut(limit)) => Err(Error::TimedOut { method, limit }),
        }
    }
}
