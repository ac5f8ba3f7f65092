//! Calls that wait for their answers, by number.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::error::Lost;

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The frame that answers it, not yet read.
    Answered(Utf8Bytes),
    /// It was never given to the network, so the controller cannot have seen it.
    NotSent(Lost),
    /// It was given to the network and no answer came.
    Lost(Lost),
}

/// All calls of one socket that wait.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<HashMap<u64, oneshot::Sender<Outcome>>>);

impl Pending {
    /// Waits for the answer to `id`.
    pub(crate) fn expect(&self, id: u64) -> oneshot::Receiver<Outcome> {
        let (sender, receiver) = oneshot::channel();
        self.lock().insert(id, sender);
        receiver
    }

    /// Nobody waits for `id` any longer.
    pub(crate) fn forget(&self, id: u64) {
        self.lock().remove(&id);
    }

    /// Gives `id` what became of it. `false` where nobody waits: a late answer or a second one.
    pub(crate) fn settle(&self, id: u64, outcome: Outcome) -> bool {
        let waiting = self.lock().remove(&id);
        waiting.is_some_and(|waiting| waiting.send(outcome).is_ok())
    }

    /// The socket is gone: nothing that was sent will be answered.
    pub(crate) fn lose_all(&self, cause: &Lost) {
        let waiting = std::mem::take(&mut *self.lock());
        for sender in waiting.into_values() {
            // who no longer waits needs no answer
            let _ = sender.send(Outcome::Lost(cause.clone()));
        }
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Outcome>>> {
        // no code that can panic runs under the lock
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_goes_to_who_waits_and_to_nobody_else() {
        let pending = Pending::default();
        let (first, second) = (pending.expect(1), pending.expect(2));
        pending.forget(1);
        assert!(!pending.settle(1, Outcome::Answered("late".into())));
        assert!(first.await.is_err());
        assert!(pending.settle(2, Outcome::Answered("in time".into())));
        assert!(!pending.settle(2, Outcome::Answered("twice".into())));
        assert!(matches!(second.await, Ok(Outcome::Answered(text)) if text.as_str() == "in time"));
        let third = pending.expect(3);
        pending.lose_all(&Lost::Closed);
        assert!(pending.is_empty());
        assert!(matches!(third.await, Ok(Outcome::Lost(Lost::Closed))));
    }
}
