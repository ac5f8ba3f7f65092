//! Typed calls over one socket: [`RpcClient::send`] is the only way to call a method.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use juju_wire::Method;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::{Instrument as _, Span, field::Empty, info_span};

use crate::{
    Settings,
    audit_trail::AuditTrail,
    coalescer::{ChangeCounter, RequestCoalescer},
    dial_target::ControllerSocket,
    encoded_call::{EncodedCall, MethodInfo},
    error::{DisconnectReason, Error},
    frame::{self, Reply, ReplyError},
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

/// One call.
pub(crate) struct RpcRequest<'a> {
    pub(crate) call: &'a EncodedCall,
    /// Version of the facade.
    pub(crate) version: u32,
    /// Id of an object at the controller, for example a watcher; empty for a call of the facade itself.
    pub(crate) object: &'a str,
    /// `None` waits until the reply arrives or the socket closes.
    pub(crate) timeout: Option<Duration>,
    /// Whether a read may share the reply to an equal read in flight.
    pub(crate) coalesce: bool,
    /// Records the request if the method is a write.
    pub(crate) audit_trail: Option<&'a AuditTrail>,
}

/// The reply to a call, within its span.
pub(crate) struct RpcReply {
    reply: Reply,
    method: MethodInfo,
    span: Span,
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

    /// Calls a method and returns its reply, for [`Self::decode`].
    ///
    /// # Errors
    /// [`Error::ConnectionLost`] if the call may be sent again on another connection: it was not sent, or it is a read.
    /// [`Error::UnknownOutcome`] if the reply to a write is lost or late. [`Error::Remote`] for the controller's own errors.
    pub(crate) async fn send(&self, request: RpcRequest<'_>) -> Result<RpcReply, Error> {
        let method = request.call.method;
        let span = info_span!(
            target: "otlp_span",
            "juju request",
            otel.kind = "client",
            otel.name = method.full_name(),
            rpc.system = "juju",
            rpc.service = method.facade,
            rpc.method = method.name,
            rpc.version = request.version,
            juju.controller = &*self.controller,
            error.type = Empty,
        );
        match self.exchange(request).instrument(span.clone()).await {
            Ok(reply) => Ok(RpcReply { reply, method, span }),
            Err(error) => {
                span.record("error.type", error.code());
                Err(error)
            }
        }
    }

    /// Decodes the reply to a call of `M`.
    ///
    /// # Errors
    /// [`Error::UnexpectedAnswer`].
    pub(crate) fn decode<M: Method>(&self, reply: &RpcReply) -> Result<M::Reply, Error> {
        reply.reply.decode::<M>().map_err(|cause| {
            let error = self.unexpected_answer(reply.method, &cause);
            reply.span.record("error.type", error.code());
            error
        })
    }

    async fn exchange(&self, request: RpcRequest<'_>) -> Result<Reply, Error> {
        let RpcRequest { call, version, object, timeout, coalesce, audit_trail } = request;
        let method = call.method;
        if method.writes {
            self.changes.increment();
        }
        let body = frame::encode_body(version, object, call)
            .map_err(|cause| Error::Parameters { method: method.full_name(), cause: cause.to_string() })?;
        let reply = if coalesce && method.may_be_coalesced() {
            self.exchange_coalesced(&body, timeout).await
        } else {
            let id = self.socket.next_request_id();
            let reply = self.socket.exchange(id, &body, timeout).await;
            self.record(method, id, &reply, audit_trail);
            reply
        };
        let sent = !matches!(reply, Err(NoReply::NotSent(_)));
        let reply = self.read(method, reply);
        if method.writes {
            self.changes.increment();
            if let (true, Some(audit_trail)) = (sent, audit_trail) {
                audit_trail.count(!matches!(reply, Err(Error::Remote(_))));
            }
        }
        reply
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
    fn record(
        &self,
        method: MethodInfo,
        id: u64,
        reply: &Result<Utf8Bytes, NoReply>,
        audit_trail: Option<&AuditTrail>,
    ) {
        if let (true, Some(connection_id), Some(audit_trail)) = (method.writes, &self.connection_id, audit_trail)
            && !matches!(reply, Err(NoReply::NotSent(_)))
        {
            audit_trail.record(method, connection_id, id);
        }
    }

    fn read(&self, method: MethodInfo, reply: Result<Utf8Bytes, NoReply>) -> Result<Reply, Error> {
        match reply {
            Ok(text) => Reply::read(text).map_err(|error| match error {
                ReplyError::Remote(error) => Error::Remote(error),
                ReplyError::Malformed(cause) => self.unexpected_answer(method, &cause),
            }),
            Err(NoReply::Disconnected(cause)) if method.writes => {
                Err(Error::UnknownOutcome { method: method.full_name(), cause })
            }
            Err(NoReply::NotSent(cause) | NoReply::Disconnected(cause)) => {
                let (controller, method) = (self.controller.to_string(), method.full_name());
                Err(Error::ConnectionLost { controller, method, cause })
            }
            Err(NoReply::TimedOut(limit)) if method.writes => {
                let cause = DisconnectReason::TimedOut(limit);
                Err(Error::UnknownOutcome { method: method.full_name(), cause })
            }
            Err(NoReply::TimedOut(limit)) => Err(Error::TimedOut { method: method.full_name(), limit }),
        }
    }

    fn unexpected_answer(&self, method: MethodInfo, cause: &serde_json::Error) -> Error {
        let (controller, method) = (self.controller.to_string(), method.full_name());
        Error::UnexpectedAnswer { controller, method, cause: cause.to_string() }
    }
}
