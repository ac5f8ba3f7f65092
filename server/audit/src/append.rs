//! The one task that appends, so that the chain has one order: it links, signs, and gives nothing up that has to be kept.

use std::{sync::Arc, time::Duration};

use store::{LedgerRow, Store};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout_at},
};

use crate::{
    Signer, chain,
    head::Head,
    newest::Keeper,
    record::now,
    retention::{Keep, RETAIN_EVERY, Removable},
    verify::End,
    walk::HEAD_EVERY,
};

const BATCH: usize = 256;
/// So long no record stays without a signed head after it.
const SIGN_AFTER: Duration = Duration::from_mins(1);
/// Ends that could not be kept are tried again after this time, or with the next record.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// So long an end that nobody waits for, and that the disk need not have, waits for others to be written with it.
const COMPANY: Duration = Duration::from_millis(5);
/// SQLite takes 32,766 values at once, and a record is five.
const OWED_AT_ONCE: usize = 4096;

/// Whether the store has a record.
pub(crate) type Kept = Result<(), Arc<store::Error>>;

/// What the task is told.
#[derive(Debug)]
pub(crate) enum Order {
    Append(Append),
    /// Answered when all orders before it are done.
    Settle(oneshot::Sender<()>),
    /// Answered when all orders before it are done and signed, and the newest head is kept.
    Finish(oneshot::Sender<()>),
}

impl Order {
    /// Whether nobody notices that it is done a moment later.
    fn can_wait(&self) -> bool {
        matches!(self, Self::Append(append) if append.done.is_none() && !append.durable)
    }
}

/// Takes in more orders as long as all can wait: most ends come shortly before the next beginning, and a trip to the store costs
/// more than the record.
async fn gather(orders: &mut Vec<Order>, waiting: &mut mpsc::Receiver<Order>) {
    let until = Instant::now() + COMPANY;
    while !orders.is_empty() && orders.len() < BATCH && orders.iter().all(Order::can_wait) {
        match timeout_at(until, waiting.recv_many(orders, BATCH)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
}

/// One record to append.
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) act: String,
    pub(crate) phase: &'static str,
    pub(crate) body: String,
    /// Whether the disk has to have it.
    pub(crate) durable: bool,
    /// Who waits for it; where nobody does, it has to be kept in any case.
    pub(crate) done: Option<oneshot::Sender<Kept>>,
}

/// The end of the chain, in the hands of the one task that appends.
pub(crate) struct Chain {
    store: Store,
    signer: Signer,
    keeper: Keeper,
    keep: Keep,
    end: End,
    /// Records that have to be kept and could not be yet.
    owed: Vec<Append>,
    /// When a head is due that the disk has; none where it has one already.
    sign_at: Option<Instant>,
    /// Why the store does not take records, as long as it does not.
    failing: watch::Sender<Option<Arc<store::Error>>>,
    retain_at: Option<Instant>,
}

impl Chain {
    pub(crate) fn new(store: Store, signer: Signer, keeper: Keeper, keep: Keep, end: End) -> Self {
        let failing = watch::Sender::new(None);
        let begun = Instant::now();
        let sign_at = (end.unsigned > 0).then_some(begun + SIGN_AFTER);
        let retain_at = keep.removes().then_some(begun);
        Self { store, signer, keeper, keep, end, owed: Vec::new(), sign_at, failing, retain_at }
    }

    /// Tells why the store does not take records, as long as it does not.
    pub(crate) fn failing(&self) -> watch::Receiver<Option<Arc<store::Error>>> {
        self.failing.subscribe()
    }

    pub(crate) async fn append_all(mut self, mut waiting: mpsc::Receiver<Order>) {
        let mut orders = Vec::new();
        loop {
            match self.wake() {
                Some(wake) => match timeout_at(wake, waiting.recv_many(&mut orders, BATCH)).await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(_) => self.tend().await,
                },
                None if waiting.recv_many(&mut orders, BATCH).await == 0 => break,
                None => {}
            }
            gather(&mut orders, &mut waiting).await;
            self.obey(&mut orders).await;
        }
        self.finish().await;
    }

    /// When there is something to do even if no order comes.
    fn wake(&self) -> Option<Instant> {
        let waits = !self.owed.is_empty() || self.failing.borrow().is_some();
        let again = waits.then(|| Instant::now() + AGAIN_AFTER);
        [again, self.sign_at, self.retain_at].into_iter().flatten().min()
    }

    async fn tend(&mut self) {
        let now = Instant::now();
        if !self.owed.is_empty() {
            self.append(Vec::new()).await;
        } else if self.failing.borrow().is_some() {
            // nobody asks a server that is not ready, so it tries by itself
            self.sign().await;
        }
        if self.sign_at.is_some_and(|at| at <= now) {
            self.sign_at = Some(now + AGAIN_AFTER);
            self.sign().await;
        }
        if self.retain_at.is_some_and(|at| at <= now) {
            self.retain_at = Some(now + if self.retain().await { AGAIN_AFTER } else { RETAIN_EVERY });
        }
    }

    async fn obey(&mut self, orders: &mut Vec<Order>) {
        let (mut batch, mut settled, mut finished) = (Vec::new(), Vec::new(), Vec::new());
        for order in orders.drain(..) {
            match order {
                Order::Append(append) => batch.push(append),
                Order::Settle(done) => settled.push(done),
                Order::Finish(done) => finished.push(done),
            }
        }
        if !batch.is_empty() {
            self.append(batch).await;
        }
        if !finished.is_empty() {
            self.finish().await;
        }
        for done in settled.into_iter().chain(finished) {
            // whoever asked may have stopped waiting
            let _ = done.send(());
        }
    }

    async fn finish(&mut self) {
        if !self.owed.is_empty() {
            self.append(Vec::new()).await;
        }
        if self.sign_at.is_some() {
            self.sign().await;
        }
        self.keeper.settle().await;
    }

    /// Appends what is owed and a batch, all or none, and a head after it where one is due.
    async fn append(&mut self, batch: Vec<Append>) {
        let owed = self.owed.len().min(OWED_AT_ONCE);
        let batch: Vec<Append> = self.owed.drain(..owed).chain(batch).collect();
        let durable = batch.iter().any(|append| append.durable);
        let mut rows = self.link(&batch);
        let records = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        let signed = durable || self.end.unsigned + records >= HEAD_EVERY;
        if signed {
            rows.push(self.head(&rows));
        }
        let result = self.store.append_ledger(&rows, durable).await.map_err(Arc::new);
        match &result {
            Ok(()) => self.appended(&rows, signed, durable),
            Err(error) => self.failed(error, records),
        }
        for append in batch {
            match append.done {
                // a caller that no longer waits has gone away, which its entry records
                Some(done) => drop(done.send(result.clone())),
                None if result.is_err() => self.owed.push(append),
                None => {}
            }
        }
    }

    /// Signs all that is there, on the disk.
    async fn sign(&mut self) {
        let head = self.head(&[]);
        match self.store.append_ledger(std::slice::from_ref(&head), true).await {
            Ok(()) => self.appended(&[head], true, true),
            Err(error) => self.failed(&Arc::new(error), 1),
        }
    }

    /// Removes the oldest records that need not be kept any longer, and says whether there are more. (The head that it leaves
    /// behind is none of them, or a ledger in which nothing is done would be written again and again.)
    async fn retain(&mut self) -> bool {
        let Removable { through, more } =
            match self.keep.removable(&self.store, self.end.first, self.end.sequence).await {
                Ok(Some(removable)) => removable,
                Ok(None) => return false,
                Err(error) => {
                    tracing::error!(%error, "it cannot be told which records need not be kept");
                    return false;
                }
            };
        let base = match self.store.ledger_from(through, 1).await.map(|mut rows| rows.pop()) {
            Ok(Some(row)) if row.sequence == through => row.hash,
            _ => return false,
        };
        let before = (std::mem::replace(&mut self.end.first, through + 1), std::mem::replace(&mut self.end.base, base));
        let head = self.head(&[]);
        match self.store.remove_ledger(through, &head).await {
            Ok(()) => {
                tracing::info!(from = before.0, through, "removed records of the ledger that need not be kept");
                self.appended(&[head], true, true);
                more
            }
            Err(error) => {
                tracing::error!(%error, "old records of the ledger cannot be removed");
                (self.end.first, self.end.base) = before;
                false
            }
        }
    }

    fn failed(&self, error: &Arc<store::Error>, records: i64) {
        // said once, and again when it is over
        if self.failing.send_replace(Some(Arc::clone(error))).is_none() {
            tracing::error!(%error, records, "the ledger cannot be written, so nothing is done");
        }
    }

    fn appended(&mut self, rows: &[LedgerRow], signed: bool, durable: bool) {
        let Some(last) = rows.last() else { return };
        if self.failing.borrow().is_some() {
            self.failing.send_replace(None);
            tracing::warn!("the ledger can be written again");
        }
        let previous = rows.len().checked_sub(2).map_or(&self.end.hash, |index| &rows[index].hash);
        // a head goes to its file only when the disk has the records that it signs, or a power cut could leave it alone
        if signed && durable {
            self.keeper.keep(previous, last);
        }
        let records = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        self.end.unsigned = if signed { 0 } else { self.end.unsigned + records };
        (self.end.sequence, self.end.hash) = (last.sequence, last.hash.clone());
        self.sign_at = match self.sign_at {
            _ if signed && durable => None,
            at => at.or_else(|| Some(Instant::now() + SIGN_AFTER)),
        };
    }

    fn link(&self, batch: &[Append]) -> Vec<LedgerRow> {
        let mut rows: Vec<LedgerRow> = Vec::with_capacity(batch.len() + 1);
        for append in batch {
            let (sequence, previous) = self.last(&rows);
            rows.push(chain::link(previous, sequence + 1, &append.act, append.phase, append.body.clone()));
        }
        rows
    }

    /// A head that signs the chain and these rows after it.
    fn head(&self, rows: &[LedgerRow]) -> LedgerRow {
        let (sequence, previous) = self.last(rows);
        Head::sign(&self.signer, previous, sequence + 1, now(), self.end.first, &self.end.base)
    }

    fn last<'a>(&'a self, rows: &'a [LedgerRow]) -> (i64, &'a str) {
        rows.last().map_or((self.end.sequence, &self.end.hash), |row| (row.sequence, &row.hash))
    }
}
