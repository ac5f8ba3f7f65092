//! Messages that wait for the client of a request or of a session, as events of an event stream.

use std::{
    collections::VecDeque,
    task::{Context, Waker},
};

use axum::body::Bytes;
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use rmcp::model::ServerJsonRpcMessage;
use serde::Serialize;

/// Messages that wait for the client of one request; further notifications are dropped.
const MAX_WAITING_MESSAGES: usize = 256;

/// The events that a request sends before its answer.
#[derive(Default)]
pub(super) struct Outbox {
    events: Mutex<VecDeque<Bytes>>,
    reader: AtomicWaker,
}

impl Outbox {
    /// Adds a message; drops it if too many wait, or the same notice waits already.
    pub(super) fn push(&self, message: &ServerJsonRpcMessage) {
        let event = event(message);
        let mut events = self.events.lock();
        let is_notice = matches!(message, ServerJsonRpcMessage::Notification(_));
        if events.len() < MAX_WAITING_MESSAGES && !(is_notice && events.contains(&event)) {
            events.push_back(event);
            self.reader.wake();
        }
    }

    /// The next event; without one, wakes the task of `context` when there is one.
    pub(super) fn poll(&self, context: &Context<'_>) -> Option<Bytes> {
        let waker: &Waker = context.waker();
        self.reader.register(waker);
        self.events.lock().pop_front()
    }
}

/// A message as an event of an event stream.
pub(super) fn event(message: &impl Serialize) -> Bytes {
    let mut text = b"data: ".to_vec();
    // the message is data without maps of odd keys, so serialization cannot fail
    let _ = serde_json::to_writer(&mut text, message);
    text.extend_from_slice(b"\n\n");
    text.into()
}
