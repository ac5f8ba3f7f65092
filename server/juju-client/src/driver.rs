//! The task of one socket: writes requests, delivers replies, sends pings, and ends with the socket.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{sync::mpsc, time::Instant};
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};

use crate::{
    Settings,
    dial_target::ControllerSocket,
    error::DisconnectReason,
    frame,
    pending::{PendingReplies, ReplyOutcome},
};

/// A request in the queue of the socket.
pub(crate) struct OutgoingFrame {
    pub(crate) id: u64,
    pub(crate) text: Utf8Bytes,
}

/// State that the task shares with the callers.
#[derive(Debug)]
pub(crate) struct SocketState {
    pub(crate) pending: PendingReplies,
    pub(crate) next_id: AtomicU64,
    /// Number of bytes received; the keepalive compares it.
    received: Arc<AtomicU64>,
    /// Set when the socket has ended.
    pub(crate) ended: OnceLock<DisconnectReason>,
}

/// Starts the task; the socket closes when the last sender is dropped.
pub(crate) fn start(
    socket: ControllerSocket,
    settings: &Settings,
) -> (mpsc::UnboundedSender<OutgoingFrame>, Arc<SocketState>) {
    let state = Arc::new(SocketState {
        pending: PendingReplies::default(),
        next_id: AtomicU64::new(1),
        received: socket.get_ref().get_ref().0.received(),
        ended: OnceLock::new(),
    });
    let (sender, queue) = mpsc::unbounded_channel();
    let keepalive = Keepalive {
        interval: settings.ping_interval,
        busy_interval: settings.busy_ping_interval.min(settings.ping_interval),
        timeout: settings.ping_timeout,
        idle: settings.idle_timeout,
        sender: sender.downgrade(),
    };
    tokio::spawn(drive(socket, queue, keepalive, Arc::clone(&state)));
    (sender, state)
}

async fn drive(
    socket: ControllerSocket,
    mut queue: mpsc::UnboundedReceiver<OutgoingFrame>,
    keepalive: Keepalive,
    state: Arc<SocketState>,
) {
    let (mut sink, stream) = socket.split();
    let cause = tokio::select! {
        cause = read(stream, &state) => cause,
        cause = write(&mut sink, &mut queue) => cause,
        cause = keepalive.run(&state) => cause,
    };
    tracing::debug!(%cause, "connection to a controller ended");
    let _ = state.ended.set(cause.clone()); // set only here
    queue.close();
    while let Ok(outgoing) = queue.try_recv() {
        state.pending.resolve(outgoing.id, ReplyOutcome::NotSent(cause.clone()));
    }
    state.pending.fail_all(&cause);
    // the close frame is a courtesy: at most one second for it
    let _ = tokio::time::timeout(Duration::from_secs(1), sink.close()).await;
}

async fn read(mut stream: SplitStream<ControllerSocket>, state: &SocketState) -> DisconnectReason {
    while let Some(message) = stream.next().await {
        let text = match message {
            Ok(Message::Text(text)) => text,
            Ok(Message::Binary(bytes)) => match Utf8Bytes::try_from(bytes) {
                Ok(text) => text,
                Err(cause) => return DisconnectReason::Malformed(cause.to_string()),
            },
            Ok(Message::Close(_)) => return DisconnectReason::Closed,
            Ok(_) => continue,
            Err(cause) => return disconnect_reason(cause),
        };
        match frame::reply_id(&text) {
            Ok(id) => {
                if !state.pending.resolve(id, ReplyOutcome::Received(text)) {
                    tracing::debug!(id, "reply without a pending request");
                }
            }
            Err(cause) => return DisconnectReason::Malformed(cause.to_string()),
        }
    }
    DisconnectReason::Closed
}

async fn write(
    sink: &mut SplitSink<ControllerSocket, Message>,
    queue: &mut mpsc::UnboundedReceiver<OutgoingFrame>,
) -> DisconnectReason {
    while let Some(outgoing) = queue.recv().await {
        if let Err(cause) = sink.feed(Message::Text(outgoing.text)).await {
            return disconnect_reason(cause);
        }
        // one flush for all requests that are queued by now
        while let Ok(outgoing) = queue.try_recv() {
            if let Err(cause) = sink.feed(Message::Text(outgoing.text)).await {
                return disconnect_reason(cause);
            }
        }
        if let Err(cause) = sink.flush().await {
            return disconnect_reason(cause);
        }
    }
    DisconnectReason::Dropped
}

fn disconnect_reason(cause: tungstenite::Error) -> DisconnectReason {
    use tungstenite::Error;
    match cause {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => DisconnectReason::Closed,
        Error::Io(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => DisconnectReason::Closed,
        Error::Io(cause) => DisconnectReason::Network(cause.to_string()),
        Error::Capacity(cause) => DisconnectReason::Malformed(cause.to_string()),
        Error::Utf8(cause) => DisconnectReason::Malformed(cause),
        Error::Protocol(cause) => DisconnectReason::Malformed(cause.to_string()),
        other => DisconnectReason::Network(other.to_string()),
    }
}

/// Sends pings to a silent controller, and ends an idle connection.
struct Keepalive {
    interval: Duration,
    /// The interval while a call waits for its reply.
    busy_interval: Duration,
    timeout: Duration,
    idle: Duration,
    /// Weak: a ping must not prevent the end of the connection.
    sender: mpsc::WeakUnboundedSender<OutgoingFrame>,
}

impl Keepalive {
    async fn run(self, state: &SocketState) -> DisconnectReason {
        let (mut calls, mut used) = (state.next_id.load(Ordering::Relaxed), Instant::now());
        let (mut received, mut heard) = (state.received.load(Ordering::Relaxed), Instant::now());
        loop {
            tokio::time::sleep(self.busy_interval).await;
            let calls_now = state.next_id.load(Ordering::Relaxed);
            let busy = !state.pending.is_empty();
            if calls_now != calls || busy {
                (calls, used) = (calls_now, Instant::now());
            } else if used.elapsed() >= self.idle {
                return DisconnectReason::Dropped;
            }
            let received_now = state.received.load(Ordering::Relaxed);
            if received_now != received {
                (received, heard) = (received_now, Instant::now());
                continue;
            }
            if !busy && heard.elapsed() < self.interval {
                continue;
            }
            if !self.ping(state).await {
                return DisconnectReason::Silent(self.timeout);
            }
            calls += 1; // the ping itself
        }
    }

    /// Whether the controller is alive: any byte counts as a reply.
    async fn ping(&self, state: &SocketState) -> bool {
        let Some(sender) = self.sender.upgrade() else { return true };
        let id = state.next_id.fetch_add(1, Ordering::Relaxed);
        let received = state.received.load(Ordering::Relaxed);
        let reply = state.pending.register(id);
        let text = frame::encode_request(id, ",\"type\":\"Pinger\",\"version\":1,\"request\":\"Ping\"}");
        if sender.send(OutgoingFrame { id, text: text.into() }).is_err() {
            return true; // the connection is ending already
        }
        drop(sender);
        if tokio::time::timeout(self.timeout, reply).await.is_ok() {
            return true;
        }
        state.pending.cancel(id);
        state.received.load(Ordering::Relaxed) != received
    }
}
