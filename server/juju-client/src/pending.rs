//! Requests that wait for their replies, by request id.

use std::collections::HashMap;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::error::DisconnectReason;

/// Outcome of one request.
#[derive(Debug)]
pub(crate) enum ReplyOutcome {
    /// The frame of the reply, not decoded.
    Received(Utf8Bytes),
    /// The request was never written to the socket, so the controller cannot have received it.
    NotSent(DisconnectReason),
    /// The request was written to the socket and no reply came.
    Disconnected(DisconnectReason),
}

/// All requests of one socket that wait for a reply.
#[derive(Debug, Default)]
pub(crate) struct PendingReplies(Mutex<HashMap<u64, oneshot::Sender<ReplyOutcome>>>);

impl PendingReplies {
    /// Registers the request `id` and returns the receiver of its outcome.
    pub(crate) fn register(&self, id: u64) -> oneshot::Receiver<ReplyOutcome> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(id, sender);
        receiver
    }

    /// Unregisters the request `id`; a later reply is ignored.
    pub(crate) fn cancel(&self, id: u64) {
        self.lock().remove(&id);
    }

    /// Delivers the outcome of the request `id`. `false` if no caller waits for it: the reply is late or a duplicate.
    pub(crate) fn resolve(&self, id: u64, outcome: ReplyOutcome) -> bool {
        let waiting = self.lock().remove(&id);
        waiting.is_some_and(|waiting| waiting.send(outcome).is_ok())
    }

    /// Delivers the end of the socket to all requests that wait.
    pub(crate) fn fail_all(&self, cause: &DisconnectReason) {
        let waiting = std::mem::take(&mut *self.lock());
        for sender in waiting.into_values() {
            // the caller may have gone
            let _ = sender.send(ReplyOutcome::Disconnected(cause.clone()));
        }
    }

    /// Whether no request waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<ReplyOutcome>>> {
        self.0.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn reply_is_delivered_once_and_only_to_its_request() {
        let pending = PendingReplies::default();
        let (first, second) = (pending.register(1), pending.register(2));
        pending.cancel(1);
        assert!(!pending.resolve(1, ReplyOutcome::Received("late".into())));
        assert!(first.await.is_err());
        assert!(pending.resolve(2, ReplyOutcome::Received("in time".into())));
        assert!(!pending.resolve(2, ReplyOutcome::Received("twice".into())));
        assert!(matches!(second.await, Ok(ReplyOutcome::Received(text)) if text.as_str() == "in time"));
        let third = pending.register(3);
        pending.fail_all(&DisconnectReason::Closed);
        assert!(pending.is_empty());
        assert!(matches!(third.await, Ok(ReplyOutcome::Disconnected(DisconnectReason::Closed))));
    }
}
