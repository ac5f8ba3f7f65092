//! One open socket: sends one frame and returns the frame that replies to it.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    Settings,
    dial_target::ControllerSocket,
    driver::{self, OutgoingFrame, SocketState},
    error::DisconnectReason,
    frame,
    pending::ReplyOutcome,
};

/// One open socket; it closes when the last clone is dropped.
#[derive(Debug, Clone)]
pub(crate) struct RpcSocket {
    sender: mpsc::UnboundedSender<OutgoingFrame>,
    state: Arc<SocketState>,
}

/// Why a request has no reply.
#[derive(Debug, Clone)]
pub(crate) enum NoReply {
    /// The controller cannot have received the request.
    NotSent(DisconnectReason),
    /// The controller may have received the request.
    Disconnected(DisconnectReason),
    /// The controller may have received the request, and may still process it.
    TimedOut(Duration),
}

impl RpcSocket {
    pub(crate) fn new(socket: ControllerSocket, settings: &Settings) -> Self {
        let (sender, state) = driver::start(socket, settings);
        Self { sender, state }
    }

    /// Whether the socket is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed() || self.state.ended.get().is_some()
    }

    /// Returns a request id that is unique on this socket.
    pub(crate) fn next_request_id(&self) -> u64 {
        self.state.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Sends a request and returns the frame of its reply. Dropping the future cancels the wait, not the request.
    pub(crate) async fn exchange(&self, id: u64, body: &str, timeout: Option<Duration>) -> Result<Utf8Bytes, NoReply> {
        let reply = self.state.pending.register(id);
        let _cancel = CancelOnDrop { state: &self.state, id };
        if self.sender.send(OutgoingFrame { id, text: frame::encode_request(id, body).into() }).is_err() {
            return Err(NoReply::NotSent(self.disconnect_reason()));
        }
        let outcome = match timeout {
            Some(timeout) => match tokio::time::timeout(timeout, reply).await {
                Ok(outcome) => outcome,
                Err(_) => return Err(NoReply::TimedOut(timeout)),
            },
            None => reply.await,
        };
        match outcome {
            Ok(ReplyOutcome::Received(text)) => Ok(text),
            Ok(ReplyOutcome::NotSent(cause)) => Err(NoReply::NotSent(cause)),
            Ok(ReplyOutcome::Disconnected(cause)) => Err(NoReply::Disconnected(cause)),
            // the driver ended after the frame was queued: it may have sent it
            Err(_) => Err(NoReply::Disconnected(self.disconnect_reason())),
        }
    }

    fn disconnect_reason(&self) -> DisconnectReason {
        self.state.ended.get().cloned().unwrap_or(DisconnectReason::Dropped)
    }
}

/// Unregisters a request when its caller stops to wait.
struct CancelOnDrop<'a> {
    state: &'a SocketState,
    id: u64,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        self.state.pending.cancel(self.id);
    }
}
