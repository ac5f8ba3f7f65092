//! The ledger: one task appends, so that the chain has one order; beginnings are waited for, endings are not.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{SecondsFormat, Utc};
use identity::Caller;
use policy::Act;
use serde::Serialize;
use store::{LedgerRow, Store};
use tokio::sync::{mpsc, oneshot};

use crate::{
    chain::{self, Broken},
    record::{Beginning, Decision, Ending, Outcome, Record},
    redact::redact,
};

const WAITING: usize = 4096;
const ATTEMPTS: u32 = 8;

/// The append-only record of every act. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ledger {
    appends: mpsc::Sender<Order>,
    store: Store,
}

#[derive(Debug)]
enum Order {
    Append(Append),
    /// Answered when all orders before it are done.
    Settle(oneshot::Sender<()>),
}

#[derive(Debug)]
struct Append {
    act: String,
    phase: &'static str,
    body: String,
    durable: bool,
    done: Option<oneshot::Sender<Kept>>,
}

/// One act as it is asked for, and all that is known of who asks.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The roles that policy gives them.
    pub roles: Vec<String>,
    /// What they ask for.
    pub act: &'a Act,
    /// Whether only a dry run was asked for.
    pub dry_run: bool,
    /// The caller's idempotency key.
    pub idempotency_key: Option<&'a str>,
    /// W3C trace id of the request, or the id that the server gave it.
    pub trace: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// An act of a caller that holds only its own roles.
    #[must_use]
    pub fn new(caller: &'a Caller, act: &'a Act) -> Self {
        Self { caller, roles: caller.roles().to_vec(), act, dry_run: false, idempotency_key: None, trace: None }
    }

    fn beginning(self) -> Beginning {
        let claims = self.caller.claims();
        Beginning {
            time: now(),
            caller: self.caller.subject().to_owned(),
            email: claims.and_then(|claims| claims.email.clone()),
            issuer: claims.map(|claims| claims.issuer.clone()),
            roles: self.roles,
            client: self.caller.client().map(ToOwned::to_owned),
            oauth_client: claims.and_then(|claims| claims.client_id.clone()),
            trace: self.trace.map(ToOwned::to_owned),
            digest: self.act.digest(),
            asked: Act { arguments: redact(&self.act.arguments), ..self.act.clone() },
            dry_run: self.dry_run,
            idempotency_key: self.idempotency_key.map(ToOwned::to_owned),
        }
    }
}

/// Whether the store has a record.
type Kept = Result<(), Arc<store::Error>>;

impl Ledger {
    /// Opens the ledger in a store. Acts that an earlier process began and did not end are ended as not known.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn open(store: Store) -> Result<Self, Error> {
        let head = store.ledger_head().await?;
        let left_behind = store.ledger_unclosed().await?;
        let (appends, waiting) = mpsc::channel(WAITING);
        let (sequence, hash) = head.map_or((0, String::new()), |row| (row.sequence, row.hash));
        tokio::spawn(Chain { store: store.clone(), sequence, hash }.append_all(waiting));
        let ledger = Self { appends, store };
        for row in left_behind {
            let ending = ending(Outcome::Unknown, "the server stopped before the end was known", None);
            ledger.append(row.act, "close", &ending, true).await?;
        }
        Ok(ledger)
    }

    /// Opens the entry of one act, and returns when the store has it.
    ///
    /// # Errors
    /// [`Error::Store`] or [`Error::Closed`] where the entry cannot be kept; nothing may be done then.
    pub async fn begin(&self, request: Request<'_>) -> Result<Entry, Error> {
        let id = uuid::Uuid::now_v7().to_string();
        let durable = request.act.effect.changes() && !request.dry_run;
        let beginning = request.beginning();
        let kept = self.hand_over(id.clone(), "open", &beginning, durable).await?;
        // from here on the beginning may stand in the store, so a caller that goes away leaves an end too
        let mut entry = Entry {
            ledger: self.clone(),
            id,
            begun: Instant::now(),
            durable,
            decision: None,
            approval: None,
            stage: Stage::Waiting,
        };
        let kept = kept.await.map_err(|_| Error::Closed).and_then(|kept| kept.map_err(Error::Store));
        entry.stage = if kept.is_ok() { Stage::UnderWay } else { Stage::Ended };
        kept.map(|()| entry)
    }

    /// Up to `limit` records from `sequence` on, in order.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::Broken`] where a record cannot be read.
    pub async fn records(store: &Store, sequence: i64, limit: i64) -> Result<Vec<Record>, Error> {
        let rows = store.ledger_from(sequence, limit).await?;
        let read = |row: &LedgerRow| {
            let reason = "its content cannot be read";
            Record::read(row).map_err(|_| Error::Broken(Broken { sequence: row.sequence, reason }))
        };
        rows.iter().map(read).collect()
    }

    /// The store in which it stands.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns when all that was handed over so far stands in the store.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub async fn settle(&self) -> Result<(), Error> {
        let (done, waiting) = oneshot::channel();
        self.appends.send(Order::Settle(done)).await.map_err(|_| Error::Closed)?;
        waiting.await.map_err(|_| Error::Closed)
    }

    async fn append(
        &self,
        act: String,
        phase: &'static str,
        body: &impl Serialize,
        durable: bool,
    ) -> Result<(), Error> {
        let kept = self.hand_over(act, phase, body, durable).await?;
        kept.await.map_err(|_| Error::Closed)?.map_err(Error::Store)
    }

    /// Hands a record over to the chain; what comes back tells whether the store has it.
    async fn hand_over(
        &self,
        act: String,
        phase: &'static str,
        body: &impl Serialize,
        durable: bool,
    ) -> Result<oneshot::Receiver<Kept>, Error> {
        let (done, waiting) = oneshot::channel();
        let body = serde_json::to_string(body).map_err(Error::Unwritable)?;
        let append = Append { act, phase, body, durable, done: Some(done) };
        self.appends.send(Order::Append(append)).await.map_err(|_| Error::Closed)?;
        Ok(waiting)
    }
}

/// An act that is under way. Dropped without an end, a read is ended as cancelled, and a write as not known; what was never
/// begun is ended as cancelled, whatever it was to be.
#[derive(Debug)]
pub struct Entry {
    ledger: Ledger,
    id: String,
    begun: Instant,
    durable: bool,
    decision: Option<Decision>,
    approval: Option<String>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// For the store to have the beginning, or for a human: nothing was done yet.
    Waiting,
    UnderWay,
    Ended,
}

impl Entry {
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
            ..ending(outcome, reason, duration)
        }) {
            Ok(body) => body,
            Err(error) => return tracing::error!(%error, act = self.id, "the end of an act cannot be written down"),
        };
        let append = Append { act: self.id.clone(), phase: "close", body, durable: self.durable, done: None };
        match self.ledger.appends.try_send(Order::Append(append)) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(append)) => {
                let appends = self.ledger.appends.clone();
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

/// The end of the chain, in the hands of the one task that appends.
struct Chain {
    store: Store,
    sequence: i64,
    hash: String,
}

impl Chain {
    async fn append_all(mut self, mut waiting: mpsc::Receiver<Order>) {
        let mut orders = Vec::new();
        while waiting.recv_many(&mut orders, 256).await > 0 {
            let (mut batch, mut settled) = (Vec::new(), Vec::new());
            for order in orders.drain(..) {
                match order {
                    Order::Append(append) => batch.push(append),
                    Order::Settle(done) => settled.push(done),
                }
            }
            if !batch.is_empty() {
                self.append(batch).await;
            }
            for done in settled {
                // whoever asked may have stopped waiting
                let _ = done.send(());
            }
        }
    }

    async fn append(&mut self, batch: Vec<Append>) {
        let rows = self.link(&batch);
        let durable = batch.iter().any(|append| append.durable);
        // an ending has to be kept, a beginning may be refused: only a batch with endings is tried again
        let attempts = if batch.iter().any(|append| append.done.is_none()) { ATTEMPTS } else { 1 };
        let mut result = self.store.append_ledger(&rows, durable).await;
        for attempt in 1..attempts {
            let Err(error) = &result else { break };
            tracing::error!(%error, attempt, "the ledger cannot be written, trying again");
            tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
            result = self.store.append_ledger(&rows, durable).await;
        }
        match (&result, rows.into_iter().next_back()) {
            (Ok(()), Some(last)) => (self.sequence, self.hash) = (last.sequence, last.hash),
            (Err(error), _) => tracing::error!(%error, records = batch.len(), "the ledger could not be written"),
            (Ok(()), None) => {}
        }
        let result = result.map_err(Arc::new);
        for done in batch.into_iter().filter_map(|append| append.done) {
            // a caller that no longer waits has gone away, which its entry records
            let _ = done.send(result.clone());
        }
    }

    fn link(&self, batch: &[Append]) -> Vec<LedgerRow> {
        let mut rows: Vec<LedgerRow> = Vec::with_capacity(batch.len());
        for append in batch {
            let (sequence, previous) = rows.last().map_or((self.sequence, &self.hash), |row| (row.sequence, &row.hash));
            let sequence = sequence + 1;
            rows.push(LedgerRow {
                sequence,
                hash: chain::hash(previous, sequence, &append.act, append.phase, &append.body),
                act: append.act.clone(),
                phase: append.phase.to_owned(),
                body: append.body.clone(),
            });
        }
        rows
    }
}

fn ending(outcome: Outcome, reason: &str, duration_us: Option<u64>) -> Ending {
    Ending { time: now(), outcome, decision: None, reason: reason.to_owned(), duration_us, approval: None }
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Why the ledger cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store failed.
    #[error("the ledger cannot be kept: {0}")]
    Store(#[source] Arc<store::Error>),
    /// The program is ending.
    #[error("the ledger is closed, because the server is stopping")]
    Closed,
    /// A record cannot be written as JSON.
    #[error("the record cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
    /// The chain does not hold.
    #[error(transparent)]
    Broken(Broken),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}
