//! The task behind one socket: writes requests, hands replies to who waits, pings, and ends with the socket.

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
    dial::Socket,
    error::Lost,
    frame,
    pending::{Outcome, Pending},
};

/// A request on its way to the socket.
pub(crate) struct Outgoing {
    pub(crate) id: u64,
    pub(crate) text: Utf8Bytes,
}

/// What the task and the callers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) pending: Pending,
    pub(crate) next_id: AtomicU64,
    /// Frames received, to see whether the other side is alive.
    received: AtomicU64,
    /// Why the socket ended.
    pub(crate) ended: OnceLock<Lost>,
}

/// Starts the task; the socket is closed when the last sender is dropped.
pub(crate) fn start(socket: Socket, settings: &Settings) -> (mpsc::UnboundedSender<Outgoing>, Arc<Shared>) {
    let shared = Arc::new(Shared {
        pending: Pending::default(),
        next_id: AtomicU64::new(1),
        received: AtomicU64::new(0),
        ended: OnceLock::new(),
    });
    let (sender, queue) = mpsc::unbounded_channel();
    let keepalive = Keepalive {
        interval: settings.ping_interval,
        timeout: settings.ping_timeout,
        idle: settings.idle_timeout,
        sender: sender.downgrade(),
    };
    tokio::spawn(drive(socket, queue, keepalive, Arc::clone(&shared)));
    (sender, shared)
}

async fn drive(
    socket: Socket,
    mut queue: mpsc::UnboundedReceiver<Outgoing>,
    keepalive: Keepalive,
    shared: Arc<Shared>,
) {
    let (mut sink, stream) = socket.split();
    let cause = tokio::select! {
        cause = read(stream, &shared) => cause,
        cause = write(&mut sink, &mut queue) => cause,
        cause = keepalive.run(&shared) => cause,
    };
    tracing::debug!(%cause, "connection to a controller ended");
    let _ = shared.ended.set(cause.clone()); // set only here
    queue.close();
    while let Ok(outgoing) = queue.try_recv() {
        shared.pending.settle(outgoing.id, Outcome::NotSent(cause.clone()));
    }
    shared.pending.lose_all(&cause);
    // a farewell that cannot be said within a moment is not needed
    let _ = tokio::time::timeout(Duration::from_secs(1), sink.close()).await;
}

async fn read(mut stream: SplitStream<Socket>, shared: &Shared) -> Lost {
    while let Some(message) = stream.next().await {
        shared.received.fetch_add(1, Ordering::Relaxed);
        let text = match message {
            Ok(Message::Text(text)) => text,
            Ok(Message::Binary(bytes)) => match Utf8Bytes::try_from(bytes) {
                Ok(text) => text,
                Err(cause) => return Lost::Malformed(cause.to_string()),
            },
            Ok(Message::Close(_)) => return Lost::Closed,
            Ok(_) => continue,
            Err(cause) => return lost(cause),
        };
        match frame::reply_id(&text) {
            Ok(id) => {
                if !shared.pending.settle(id, Outcome::Answered(text)) {
                    tracing::debug!(id, "an answer for which nobody waits");
                }
            }
            Err(cause) => return Lost::Malformed(cause.to_string()),
        }
    }
    Lost::Closed
}

async fn write(sink: &mut SplitSink<Socket, Message>, queue: &mut mpsc::UnboundedReceiver<Outgoing>) -> Lost {
    while let Some(outgoing) = queue.recv().await {
        if let Err(cause) = sink.feed(Message::Text(outgoing.text)).await {
            return lost(cause);
        }
        // what came meanwhile goes out with it
        while let Ok(outgoing) = queue.try_recv() {
            if let Err(cause) = sink.feed(Message::Text(outgoing.text)).await {
                return lost(cause);
            }
        }
        if let Err(cause) = sink.flush().await {
            return lost(cause);
        }
    }
    Lost::Dropped
}

fn lost(cause: tungstenite::Error) -> Lost {
    use tungstenite::Error;
    match cause {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake) => Lost::Closed,
        Error::Io(cause) if cause.kind() == std::io::ErrorKind::UnexpectedEof => Lost::Closed,
        Error::Io(cause) => Lost::Network(cause.to_string()),
        Error::Capacity(cause) => Lost::Malformed(cause.to_string()),
        Error::Utf8(cause) => Lost::Malformed(cause),
        Error::Protocol(cause) => Lost::Malformed(cause.to_string()),
        other => Lost::Network(other.to_string()),
    }
}

/// Asks a silent controller whether it is there, and ends a connection that nobody uses.
struct Keepalive {
    interval: Duration,
    timeout: Duration,
    idle: Duration,
    /// Weak, so that pinging does not keep the connection open.
    sender: mpsc::WeakUnboundedSender<Outgoing>,
}

impl Keepalive {
    async fn run(self, shared: &Shared) -> Lost {
        let (mut calls, mut used) = (shared.next_id.load(Ordering::Relaxed), Instant::now());
        loop {
            let received = shared.received.load(Ordering::Relaxed);
            tokio::time::sleep(self.interval).await;
            let calls_now = shared.next_id.load(Ordering::Relaxed);
            if calls_now != calls || !shared.pending.is_empty() {
                (calls, used) = (calls_now, Instant::now());
            } else if used.elapsed() >= self.idle {
                return Lost::Dropped;
            }
            if shared.received.load(Ordering::Relaxed) != received {
                continue;
            }
            if !self.ping(shared).await {
                return Lost::Silent(self.timeout);
            }
            calls += 1; // the ping itself
        }
    }

    /// Whether the other side answers; anything that arrives is an answer.
    async fn ping(&self, shared: &Shared) -> bool {
        let Some(sender) = self.sender.upgrade() else { return true };
        let id = shared.next_id.fetch_add(1, Ordering::Relaxed);
        let received = shared.received.load(Ordering::Relaxed);
        let answer = shared.pending.expect(id);
        let text = frame::request(id, ",\"type\":\"Pinger\",\"version\":1,\"request\":\"Ping\"}");
        if sender.send(Outgoing { id, text: text.into() }).is_err() {
            return true; // the connection is ending already
        }
        drop(sender);
        if tokio::time::timeout(self.timeout, answer).await.is_ok() {
            return true;
        }
        shared.pending.forget(id);
        shared.received.load(Ordering::Relaxed) != received
    }
}
