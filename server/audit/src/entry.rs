//! The entry of one act, from its beginning to its end, however it ends.

use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use crate::{
    Error,
    append::{Append, Kept, Order},
    record::{Decision, Ending, Juju, Outcome, now},
};

/// An act that is under way. Dropped without an end, a read is ended as cancelled, and a write as not known; what was never
/// begun is ended as cancelled, whatever it was to be.
#[derive(Debug)]
pub struct Entry {
    appends: mpsc::Sender<Order>,
    id: String,
    begun: Instant,
    durable: bool,
    decision: Option<Decision>,
    approval: Option<String>,
    labels: Vec<String>,
    juju: Box<Juju>,
    stage: Stage,
    /// Tells whether the store has the beginning, until it has told.
    kept: Option<oneshot::Receiver<Kept>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// For the store to have the beginning, or for a human: nothing was done yet.
    Waiting,
    UnderWay,
    Ended,
}

impl Entry {
    /// An act whose beginning was handed over and may stand in the store, so a caller that goes away leaves an end too.
    pub(crate) fn waiting(
        appends: mpsc::Sender<Order>,
        id: String,
        durable: bool,
        kept: oneshot::Receiver<Kept>,
    ) -> Self {
        let (begun, stage, kept) = (Instant::now(), Stage::Waiting, Some(kept));
        let (labels, juju) = (Vec::new(), Box::default());
        Self { appends, id, begun, durable, decision: None, approval: None, labels, juju, stage, kept }
    }

    /// Returns when the store has the beginning; the work may begin then.
    ///
    /// # Errors
    /// [`Error::Store`] or [`Error::Closed`] where it cannot be kept; there is nothing to end then.
    pub async fn stands(&mut self) -> Result<(), Error> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let told = kept.await;
        self.kept = None;
        match told.map_err(|_| Error::Closed).and_then(|kept| kept.map_err(Error::Store)) {
            Ok(()) => self.stage = Stage::UnderWay,
            Err(error) => {
                self.stage = Stage::Ended;
                return Err(error);
            }
        }
        Ok(())
    }

    /// The entry's id, which the ledger's records of this act carry.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says that nothing is done before a human was asked: a caller that goes away now leaves a cancelled act.
    pub fn hold(&mut self) {
        self.stage = Stage::Waiting;
    }

    /// Says that the work begins.
    pub fn go_on(&mut self) {
        self.stage = Stage::UnderWay;
    }

    /// Keeps what policy said, for the end of the entry; what is said later takes its place.
    pub fn decided(&mut self, decision: Decision) {
        self.decision = Some(decision);
    }

    /// Joins the entry to an approval: the one that was asked for, used, refused or decided.
    pub fn join_approval(&mut self, approval: &str) {
        self.approval = Some(approval.to_owned());
    }

    /// Notes something about the act's text, for the end of the entry.
    pub fn label(&mut self, label: String) {
        self.labels.push(label);
    }

    /// Keeps by what the act is found in Juju's own records, for the end of the entry.
    pub fn left(&mut self, juju: Juju) {
        *self.juju = juju;
    }

    /// Records how the act ended. Returns at once: the act has taken place, so nothing can change the answer now.
    pub fn close(mut self, outcome: Outcome, reason: &str) {
        self.end(outcome, reason);
    }

    fn end(&mut self, outcome: Outcome, reason: &str) {
        self.stage = Stage::Ended;
        let duration = u64::try_from(self.begun.elapsed().as_micros()).ok();
        let body = match serde_json::to_string(&Ending {
            decision: self.decision.take(),
            approval: self.approval.take(),
            labels: std::mem::take(&mut self.labels),
            juju: std::mem::take(&mut self.juju),
            ..ending(outcome, reason, duration)
        }) {
            Ok(body) => body,
            Err(error) => return tracing::error!(%error, act = self.id, "the end of an act cannot be written down"),
        };
        let append = Append { act: self.id.clone(), phase: "close", body, durable: self.durable, done: None };
        match self.appends.try_send(Order::Append(append)) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(append)) => {
                let appends = self.appends.clone();
                tokio::spawn(async move { appends.send(append).await });
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {
                tracing::error!(act = self.id, "the ledger is closed, so the end of an act is not written down");
            }
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        match self.stage {
            Stage::UnderWay if self.durable => self.end(Outcome::Unknown, "the work ended without an answer"),
            Stage::Waiting | Stage::UnderWay => self.end(Outcome::Cancelled, "the caller went away"),
            Stage::Ended => {}
        }
    }
}

pub(crate) fn ending(outcome: Outcome, reason: &str, duration_us: Option<u64>) -> Ending {
    let (decision, approval, labels, juju) = (None, None, Vec::new(), Box::default());
    Ending { time: now(), outcome, decision, reason: reason.to_owned(), duration_us, approval, labels, juju }
}
