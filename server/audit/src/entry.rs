//! One entry of the ledger, from its open record to its close record.

use std::time::Instant;

use policy::redact_text;
use tokio::sync::{mpsc, oneshot};

use crate::{
    Error,
    append::{Append, Appended, Command},
    bounded_arguments::bound_reason,
    record::{CloseRecord, JujuAuditRefs, Outcome, RecordedDecision, now},
};

/// An entry with an open record that the ledger has accepted but not yet persisted. It has no id, so nothing can be returned to a
/// caller or closed before [`Self::persisted`] gives the [`Entry`]:
///
/// ```compile_fail
/// fn reply(pending: &audit::PendingEntry) -> String {
///     pending.id().to_owned()
/// }
/// ```
///
/// Dropped, it is closed as cancelled.
#[derive(Debug)]
pub struct PendingEntry {
    entry: Entry,
    /// Receives the result of the write, until it has been awaited.
    receipt: Option<oneshot::Receiver<Appended>>,
}

/// An entry that is persisted and not closed yet: the work may begin, and its caller may receive an answer.
///
/// Dropped without [`Self::close`], an entry that changes something is closed as unknown, any other as cancelled. If its
/// work has not begun, it is closed as cancelled in both cases.
#[derive(Debug)]
pub struct Entry {
    commands: mpsc::Sender<Command>,
    id: String,
    opened: Instant,
    durable: bool,
    decision: Option<RecordedDecision>,
    approval: Option<String>,
    labels: Vec<String>,
    juju: Box<JujuAuditRefs>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was done yet: the open record is being written, or the act waits for an approval.
    Waiting,
    Running,
    Closed,
}

impl PendingEntry {
    pub(crate) fn new(
        commands: mpsc::Sender<Command>,
        id: String,
        durable: bool,
        receipt: oneshot::Receiver<Appended>,
    ) -> Self {
        let entry = Entry {
            commands,
            id,
            opened: Instant::now(),
            durable,
            decision: None,
            approval: None,
            labels: Vec::new(),
            juju: Box::default(),
            stage: Stage::Waiting,
        };
        Self { entry, receipt: Some(receipt) }
    }

    /// Waits until the store has the open record, and returns the entry.
    ///
    /// # Errors
    /// [`Error::Store`] or [`Error::Closed`] if the record cannot be persisted. The entry does not exist then.
    pub async fn persisted(mut self) -> Result<Entry, Error> {
        self.wait_persisted().await?;
        self.entry.stage = Stage::Running;
        Ok(self.entry)
    }

    /// Waits until the store has the open record, without starting the work.
    ///
    /// # Errors
    /// As [`Self::persisted`].
    pub async fn wait_persisted(&mut self) -> Result<(), Error> {
        let Some(receipt) = &mut self.receipt else { return Ok(()) };
        let received = receipt.await;
        self.receipt = None;
        let appended = received.map_err(|_| Error::Closed).and_then(|result| result.map_err(Error::Store));
        if appended.is_err() {
            self.entry.stage = Stage::Closed;
        }
        appended
    }

    /// Sets the decision of the policy for the close record; replaces an earlier one.
    pub fn set_decision(&mut self, decision: RecordedDecision) {
        self.entry.set_decision(decision);
    }

    /// Adds a finding about the text of the call to the close record.
    pub fn add_label(&mut self, label: String) {
        self.entry.add_label(label);
    }
}

impl Entry {
    /// The id that both records of the entry carry.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Marks the act as waiting for an approval: until [`Self::mark_running`] a dropped entry is closed as cancelled.
    pub fn mark_waiting(&mut self) {
        self.stage = Stage::Waiting;
    }

    /// Marks the work as begun.
    pub fn mark_running(&mut self) {
        self.stage = Stage::Running;
    }

    /// Sets the decision of the policy for the close record; replaces an earlier one.
    pub fn set_decision(&mut self, decision: RecordedDecision) {
        self.decision = Some(decision);
    }

    /// Sets the approval that was requested, used, rejected or decided.
    pub fn set_approval(&mut self, approval: &str) {
        self.approval = Some(approval.to_owned());
    }

    /// Adds a finding about the text of the call to the close record.
    pub fn add_label(&mut self, label: String) {
        self.labels.push(label);
    }

    /// Sets the references to the act in Juju's own records.
    pub fn set_juju_refs(&mut self, refs: JujuAuditRefs) {
        *self.juju = refs;
    }

    /// Closes the entry with this outcome. Returns at once: the work has ended, so the answer does not depend on the write.
    pub fn close(mut self, outcome: Outcome, reason: &str) {
        self.write_close(outcome, reason);
    }

    fn write_close(&mut self, outcome: Outcome, reason: &str) {
        self.stage = Stage::Closed;
        let mut record = close_record(outcome, reason);
        record.duration_us = u64::try_from(self.opened.elapsed().as_micros()).ok();
        if let Some(decision) = self.decision.take() {
            record.decision = Some(decision.verdict);
            record.rules = decision.rules;
            record.warnings = decision.warnings.iter().map(|warning| redact_text(warning)).collect();
        }
        record.approval = self.approval.take();
        record.labels = std::mem::take(&mut self.labels);
        record.juju = std::mem::take(&mut self.juju);
        let body = match serde_json::to_string(&record) {
            Ok(body) => body,
            Err(error) => return tracing::error!(%error, entry = self.id, "cannot serialize the close record"),
        };
        let append = Append { entry: self.id.clone(), phase: "close", body, durable: self.durable, receipt: None };
        match self.commands.try_send(Command::Append(append)) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(append)) => {
                let commands = self.commands.clone();
                tokio::spawn(async move { commands.send(append).await });
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {
                tracing::error!(entry = self.id, "the ledger is closed, so the close record is lost");
            }
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        match self.stage {
            Stage::Running if self.durable => self.write_close(Outcome::Unknown, "the work ended without an answer"),
            Stage::Waiting | Stage::Running => self.write_close(Outcome::Cancelled, "the caller disconnected"),
            Stage::Closed => {}
        }
    }
}

/// A close record with nothing but its outcome.
pub(crate) fn close_record(outcome: Outcome, reason: &str) -> CloseRecord {
    CloseRecord {
        time: now(),
        outcome,
        decision: None,
        rules: Vec::new(),
        warnings: Vec::new(),
        reason: bound_reason(reason),
        duration_us: None,
        approval: None,
        labels: Vec::new(),
        juju: Box::default(),
    }
}
